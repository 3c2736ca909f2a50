import type { InputHTMLAttributes, ReactNode, Ref } from "react";

type Props = InputHTMLAttributes<HTMLInputElement> & { label: string; text?: ReactNode; ref?: Ref<HTMLInputElement> };

/** A radio button or checkbox with its label, and a sentence about it. */
export function Choice({ label, text, ...rest }: Props) {
  return (
    <label className="flex items-start gap-2.5 rounded-lg border border-line px-3 py-2 has-checked:border-fill has-checked:bg-tint has-focus-visible:border-fill">
      <input className="mt-[0.2rem] size-3.5 shrink-0 accent-fill" {...rest} />
      <span className="min-w-0">
        <span className="font-medium">{label}</span>
        {text && <span className="block text-sm text-pretty text-soft">{text}</span>}
      </span>
    </label>
  );
}

type Group = { legend: string; hint?: string; error?: string | undefined; children: ReactNode; className?: string };

/** Choices that belong together. */
export function Choices({ legend, hint, error, children, className = "grid gap-2 sm:grid-cols-2" }: Group) {
  return (
    <fieldset className="grid min-w-0 gap-1.5">
      <legend className="mb-1.5 font-medium">{legend}</legend>
      <div className={className}>{children}</div>
      {error ? (
        <p role="alert" className="text-sm text-bad">
          {error}
        </p>
      ) : (
        hint && <p className="text-sm text-pretty text-soft">{hint}</p>
      )}
    </fieldset>
  );
}
