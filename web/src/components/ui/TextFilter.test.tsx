import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { TextFilter } from "./TextFilter";

afterEach(() => { vi.useRealTimers(); });

const typed = () => screen.getByLabelText<HTMLInputElement>("Text").value;
const type = (value: string) => { fireEvent.change(screen.getByLabelText("Text"), { target: { value } }); };
const wait = () => { act(() => { vi.advanceTimersByTime(1000); }); };

test("what is typed on while the address takes up what was typed before stays; what others put there is shown", () => {
  vi.useFakeTimers();
  const told = vi.fn();
  const { rerender } = render(<TextFilter label="Text" value="" onChange={told} />);
  const address = (value: string) => { rerender(<TextFilter label="Text" value={value} onChange={told} />); };
  type("ab");
  wait();
  expect(told.mock.calls).toEqual([["ab"]]);
  type("abc");
  address("ab");
  expect(typed()).toBe("abc");
  wait();
  expect(told).toHaveBeenLastCalledWith("abc");
  address("abc");
  for (const other of ["", "abc"]) {
    address(other);
    expect(typed()).toBe(other);
  }
});
