const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `12,345`. */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** `12.3K`, for places with little room. */
export function short(value: number): string {
  return SHORT.format(value);
}

/** `10 MiB`, in powers of 1024. */
export function bytes(value: number): string {
  let unit = 0;
  while (value >= 1024 && unit < BYTES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${WHOLE.format(value)} ${BYTES[unit] ?? ""}`;
}
