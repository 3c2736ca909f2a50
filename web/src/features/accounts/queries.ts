import { useMutation } from "@tanstack/react-query";
import { answered, client } from "@/api/client";

export function useCreateAccount() {
  return useMutation({
    mutationFn: (body: { name: string }) => answered(client.POST("/api/v1/accounts", { body })),
    meta: { touches: [["me"]] },
  });
}
