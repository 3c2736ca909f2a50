import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { forgetAccount } from "@/api/session";
import { toast } from "./toast";

/** What follows when an account is gone for who is signed in: it is said and forgotten, and whoever is in it still is led out. */
export function useAccountGone(accountId: string): (said: string) => Promise<void> {
  const cache = useQueryClient();
  const router = useRouter();
  return async (said) => {
    toast(said);
    await forgetAccount(cache, accountId);
    if (router.latestLocation.pathname.split("/").includes(accountId)) await router.navigate({ to: "/", replace: true });
  };
}
