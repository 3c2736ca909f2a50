import { QueryClientProvider, useMutation, useQuery, type QueryClient } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { shown, useOptimistic } from "./optimistic";
import { newQueryClient } from "./queries";

const KEY = ["names"];
type Waiting<Value> = { promise: Promise<Value>; resolve: (value: Value) => void; reject: (error: Error) => void };

function waiting<Value>(): Waiting<Value> {
  const made = {} as Waiting<Value>;
  made.promise = new Promise<Value>((resolve, reject) => { Object.assign(made, { resolve, reject }); });
  return made;
}

/** A list that the plane holds, and a change that waits for `answer` or `refuse`. */
function scene(read: () => Promise<string[]>) {
  const cache: QueryClient = newQueryClient();
  const asked: Waiting<undefined>[] = [];
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={cache}>{children}</QueryClientProvider>;
  const { result } = renderHook(
    () => {
      const optimistic = useOptimistic((name: string) => [
        shown<string[]>(KEY, (known) => [...known, name]),
        shown<string[]>(["never read"], () => { throw new Error("asked"); }),
      ]);
      const change = useMutation({
        ...optimistic,
        mutationFn: () => {
          const one = waiting<undefined>();
          asked.push(one);
          return one.promise;
        },
        meta: { touches: [KEY] },
      });
      return { names: useQuery({ queryKey: KEY, queryFn: read }).data, change };
    },
    { wrapper },
  );
  return { cache, result, asked };
}

test("the outcome is shown before the answer, and stays", async () => {
  const plane = ["a"];
  const { result, asked } = scene(() => Promise.resolve([...plane]));
  await waitFor(() => { expect(result.current.names).toEqual(["a"]); });
  act(() => { result.current.change.mutate("b"); });
  await waitFor(() => { expect(result.current.names).toEqual(["a", "b"]); });
  expect(result.current.change.isPending).toBe(true);
  plane.push("b", "c");
  await act(async () => { asked[0]?.resolve(undefined); await Promise.resolve(); });
  await waitFor(() => { expect(result.current.names).toEqual(["a", "b", "c"]); });
});

test("a refusal takes it back, and is there to be told", async () => {
  const { cache, result, asked } = scene(() => Promise.resolve(["a"]));
  await waitFor(() => { expect(result.current.names).toEqual(["a"]); });
  act(() => { result.current.change.mutate("b"); });
  await waitFor(() => { expect(result.current.names).toEqual(["a", "b"]); });
  await act(async () => { asked[0]?.reject(new Error("Refused.")); await Promise.resolve(); });
  await waitFor(() => { expect(result.current.change.error?.message).toBe("Refused."); });
  expect(result.current.names).toEqual(["a"]);
  expect(cache.getQueryData(["never read"])).toBeUndefined();
});

test("an answer from before the change does not undo it", async () => {
  const late = waiting<string[]>();
  const read = vi.fn(() => Promise.resolve(["a"])).mockReturnValueOnce(Promise.resolve(["a"])).mockReturnValueOnce(late.promise);
  const { cache, result, asked } = scene(read);
  await waitFor(() => { expect(result.current.names).toEqual(["a"]); });
  act(() => { void cache.invalidateQueries({ queryKey: KEY }); });
  await waitFor(() => { expect(read).toHaveBeenCalledTimes(2); });
  act(() => { result.current.change.mutate("b"); });
  await waitFor(() => { expect(asked).toHaveLength(1); });
  await act(async () => { late.resolve(["a"]); await late.promise; });
  expect(result.current.names).toEqual(["a", "b"]);
});
