import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Membership } from "@/api/types";
import NewEnvironmentPage from "./NewEnvironmentPage";

afterEach(() => { vi.unstubAllGlobals(); });

test("while it is not known which regions there are, nothing is created in one that nobody chose", async () => {
  vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(Response.json({ code: "busy", message: "Busy." }, { status: 503 }))));
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <NewEnvironmentPage account={{ accountId: "acc_1" } as Membership} onCreated={vi.fn()} />
    </QueryClientProvider>,
  );
  expect((await screen.findByRole("alert")).textContent).toContain("Busy.");
  expect(screen.queryByRole("button", { name: "Create environment" })).toBeNull();
  expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
});
