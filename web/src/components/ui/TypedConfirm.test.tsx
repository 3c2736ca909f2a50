import { fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { TypedConfirm } from "./TypedConfirm";

// jsdom has no modal dialogs; what the browser does with them, the journeys see.
beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function () { this.open = true; };
  HTMLDialogElement.prototype.close = function () { this.open = false; };
});

test("nothing is deleted before the name is typed, not by Enter either", () => {
  const confirm = vi.fn();
  render(<TypedConfirm open title="Delete" name="prod" action="Delete it" onConfirm={confirm} onClose={() => undefined}>All of it goes.</TypedConfirm>);
  const field = screen.getByLabelText("Type prod to confirm");
  const form = field.closest("form") as HTMLFormElement;
  for (const typed of ["", "pro", "PROD"]) {
    fireEvent.change(field, { target: { value: typed } });
    fireEvent.submit(form);
    expect(screen.getByRole("button", { name: "Delete it" })).toHaveProperty("disabled", true);
  }
  expect(confirm).not.toHaveBeenCalled();
  fireEvent.change(field, { target: { value: "prod" } });
  fireEvent.submit(form);
  expect(confirm).toHaveBeenCalledOnce();
});
