import { expect, test } from "vitest";
import { newQueryClient } from "./queries";
import { forgetAccount, meQuery } from "./session";
import type { MeView } from "./types";

test("what is on its way when an account goes does not bring it back", async () => {
  const cache = newQueryClient();
  const me = { accounts: [{ accountId: "acc_1" }, { accountId: "acc_2" }] } as MeView;
  cache.setQueryData(meQuery.queryKey, me);
  let answer: (late: MeView) => void = () => undefined;
  const late = cache.fetchQuery({ ...meQuery, staleTime: 0, queryFn: () => new Promise<MeView>((resolve) => { answer = resolve; }) }).catch(() => undefined);
  await forgetAccount(cache, "acc_1");
  answer(me);
  await late;
  expect(cache.getQueryData(meQuery.queryKey)?.accounts.map(({ accountId }) => accountId)).toEqual(["acc_2"]);
});
