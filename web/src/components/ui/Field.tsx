import { cloneElement, useId, type ReactElement, type ReactNode } from "react";

type Described = { id?: string; "aria-describedby"?: string | undefined; "aria-invalid"?: boolean | undefined };
type Props = { label: string; hint?: ReactNode; error?: string | undefined; optional?: boolean; children: ReactElement<Described> };

/** A label, one control, a hint and what is wrong, tied together for readers of screens. */
export function Field({ label, hint, error, optional = false, children }: Props) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div className="grid min-w-0 gap-1.5">
      <div className="flex items-baseline justify-between gap-4">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {optional && <span className="text-sm text-soft">optional</span>}
      </div>
      {cloneElement(children, { id, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined })}
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-pretty text-soft">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="text-sm text-bad">
          {error}
        </p>
      )}
    </div>
  );
}
