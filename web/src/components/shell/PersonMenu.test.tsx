import { fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { toasts } from "@/components/toast";
import { PersonMenu } from "./PersonMenu";

afterEach(() => { vi.unstubAllGlobals(); toasts.set([]); });

test("who could not be signed out is told so", async () => {
  HTMLElement.prototype.hidePopover = vi.fn();
  vi.stubGlobal("fetch", vi.fn(() => Promise.reject(new TypeError("Failed to fetch"))));
  render(<PersonMenu email="ada@example.com" />);
  fireEvent.click(screen.getByRole("button", { name: "Sign out", hidden: true }));
  await vi.waitFor(() => { expect(toasts.get().map(({ text }) => text)).toEqual([expect.stringMatching(/^You are still signed in\. The plane does not answer/)]); });
});
