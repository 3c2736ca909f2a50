import { fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CopyButton } from "./Copyable";

// As where the plane has no TLS. jsdom has none either, but for what user-event may have left there.
beforeEach(() => { Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true }); });
afterEach(() => {
  Reflect.deleteProperty(navigator, "clipboard");
  Reflect.deleteProperty(document, "execCommand");
});

test.each([
  [true, "Copied"],
  [false, "Not copied: select it and copy it by hand"],
])("without a clipboard what is selected is copied (%s)", async (permitted, said) => {
  let selected = "";
  document.execCommand = vi.fn(() => {
    selected = (document.activeElement as HTMLTextAreaElement).value;
    return permitted;
  });
  render(<CopyButton text="key_1" what="the key" />);
  const button = screen.getByRole("button", { name: "Copy the key" });
  fireEvent.click(button);
  expect(await screen.findByRole("button", { name: said })).toBe(document.activeElement);
  expect(selected).toBe("key_1");
  expect(document.querySelector("textarea")).toBeNull();
});
