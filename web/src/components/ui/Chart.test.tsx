import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { Chart } from "./Chart";
import { bars, paths } from "./draw";

const MINUTE = 60_000;
const times = [0, 1, 3, 4].map((minute) => new Date(minute * MINUTE).toISOString());

test("a line breaks where nothing is known, and a value alone is a dot", () => {
  expect(paths(times, [0, 250, 750, 1000], [0, 10, 5, null], 10, MINUTE)).toEqual({
    line: "M0.0 100.00L250.0 0.00",
    area: "M0.0 100.00L250.0 0.00V100H0.0Z",
    dots: "M750.0 50.00l0 0",
  });
});

test("a bar is as high as its value, the least one still to be seen, and of nothing there is none", () => {
  expect(bars([50, 150, 250, 350], [1000, 1, 0, null], 1000, 100)).toBe("M15.0 100V0.00h70.0V100ZM115.0 100V98.50h70.0V100Z");
});

test("arrow keys read single values, from the last on", async () => {
  const user = userEvent.setup();
  render(
    <Chart title="Requests" times={times} since={times[0] ?? ""} until={times[3] ?? ""} stepMilliseconds={MINUTE} format={String} inWords={(time) => time.slice(14, 16)} nothing="none"
      courses={[{ name: "All", values: [1, 2, 3, null], tone: "accent" }]} />,
  );
  expect(screen.getByRole("img").getAttribute("aria-label")).toBe("Requests. All: at most 3, last –");
  await user.tab();
  await user.keyboard("{ArrowLeft}");
  expect(screen.getByText("04")).toBeTruthy();
  await user.keyboard("{ArrowLeft}");
  expect(screen.getAllByText("3").length).toBe(2);
});
