import { useMatch, useNavigate, useRouter, useSearch } from "@tanstack/react-router";

/** Whether the page that asks is still the one that is shown: what comes late leads nobody back to it. */
export function useStillHere(): () => boolean {
  const router = useRouter();
  const here = useMatch({ strict: false, select: ({ pathname }) => pathname });
  const bare = (path: string) => path.replace(/\/$/, "");
  return () => bare(router.latestLocation.pathname) === bare(here);
}

/** State of a page that belongs in its address (`?level=error`): survives reloading, can be sent to others. */
export function useUrlState(name: string, otherwise = ""): [string, (value: string) => void] {
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const isStillHere = useStillHere();
  const held = search[name];
  const set = (value: string) => {
    const given = { [name]: value === otherwise ? undefined : value };
    if (isStillHere()) void navigate({ to: ".", search: ((before: Record<string, unknown>) => ({ ...before, ...given })) as never, replace: true });
  };
  return [typeof held === "string" ? held : otherwise, set];
}

/** Changes several values of the address at once; an empty one is left out. `leaves`: the back button undoes it. */
export function useUrlChange(): (changes: Record<string, string>, leaves?: boolean) => void {
  const navigate = useNavigate();
  return (changes, leaves = false) => {
    const given = Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, value || undefined]));
    void navigate({ to: ".", search: ((before: Record<string, unknown>) => ({ ...before, ...given })) as never, replace: !leaves });
  };
}
