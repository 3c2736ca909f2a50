import { cloneElement, useId, type ReactElement, type ReactNode } from "react";
import { common } from "@/messages";

type Described = { id?: string; "aria-describedby"?: string | undefined; "aria-invalid"?: boolean | undefined };
type Props = { label: string; hint?: ReactNode; error?: string | undefined; optional?: boolean; children: ReactElement<Described> };

/** A label, one control, a hint, or what is wrong in its place, tied together for readers of screens. */
export function Field({ label, hint, error, optional = false, children }: Props) {
  const id = useId();
  const described = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return (
    <div className="grid min-w-0 content-start gap-1.5">
      <div className="flex items-baseline justify-between gap-4">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {optional && <span className="text-sm text-soft">{common.optional}</span>}
      </div>
      {cloneElement(children, { id, "aria-describedby": described, "aria-invalid": error ? true : undefined })}
      {hint && !error && (
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
