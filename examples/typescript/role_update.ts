// A service: handlers that run to completion; a finished step is never repeated.
import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import { effect } from "./effects.ts";

type UpdateRequest = { userId: string; role: string; permissions: string[] };

export const roleUpdateService = restate.service({
  name: "roleUpdate",
  handlers: {
    applyRoleUpdate: async (ctx: Context, update: UpdateRequest) => {
      const { userId, role, permissions } = update;
      const success = await ctx.run(() => applyUserRole(userId, role));
      if (!success) {
        return;
      }
      for (const permission of permissions) {
        await ctx.run(() => applyPermission(userId, permission));
      }
    },
  },
});

function applyUserRole(userId: string, role: string): boolean {
  effect(`role ${userId} ${role}`);
  return role !== "unknown";
}

function applyPermission(userId: string, permission: string): void {
  effect(`permission ${userId} ${permission}`);
}
