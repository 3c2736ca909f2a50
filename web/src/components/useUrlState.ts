import { useNavigate, useSearch } from "@tanstack/react-router";

/** State of a page that belongs in its address (`?level=error`): survives reloading, can be sent to others. */
export function useUrlState(name: string, otherwise = ""): [string, (value: string) => void] {
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const held = search[name];
  const set = (value: string) => {
    const next = { ...search, [name]: value === otherwise ? undefined : value };
    void navigate({ to: ".", search: next as never, replace: true });
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
