import type { ComponentProps } from "react";
import { may } from "@/api/session";
import type { Membership, Permission } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { Notice } from "@/components/ui/Notice";
import { common } from "@/messages";

type Needed = { account: Membership; permission: Permission };

/** A button for those who may; for others it is there, cannot be used, and says why. */
export function PermittedButton({ account, permission, disabled = false, title, ...rest }: Needed & ComponentProps<typeof Button>) {
  const permitted = may(account, permission);
  return <Button {...rest} disabled={disabled || !permitted} title={permitted ? title : common.notPermitted(account.role)} />;
}

/** Says to members without the permission why they can only look here. */
export function LookOnly({ account, permission }: Needed) {
  if (may(account, permission)) return null;
  return <Notice>{common.notPermitted(account.role)}</Notice>;
}
