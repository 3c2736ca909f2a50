import { useEffect, type ReactNode } from "react";
import { announce } from "@/components/announce";
import { shell } from "@/messages";

type Props = { title: string; lead?: ReactNode; actions?: ReactNode; children: ReactNode };

/** What every page begins with: its heading, which is the tab's title too, what it is for, and what one can do. */
export function Page({ title, lead, actions, children }: Props) {
  useEffect(() => {
    document.title = `${title} · ${shell.product}`;
    announce(title);
  }, [title]);
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-6">
      <div className="flex flex-wrap items-start justify-between gap-3 md:flex-nowrap">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold tracking-tight text-balance">{title}</h1>
          {lead && <p className="mt-1 max-w-2xl text-pretty text-soft">{lead}</p>}
        </div>
        {actions && <div className="flex shrink-0 flex-wrap gap-2">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

/** A part of a page with a heading of its own. */
export function Panel({ title, lead, actions, children }: { title: string; lead?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className="panel grid grid-cols-[minmax(0,1fr)] gap-4 p-5">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 md:flex-nowrap">
        <div className="min-w-0">
          <h2 className="font-semibold">{title}</h2>
          {lead && <p className="mt-0.5 max-w-2xl text-pretty text-soft">{lead}</p>}
        </div>
        {actions && <div className="max-w-full shrink-0">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

/** Names and values side by side, below each other on a phone. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid gap-x-8 gap-y-4 sm:grid-cols-2 lg:grid-cols-3">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-soft">{name}</dt>
      {/* As high as a value with its button beside it, so that first lines stand on one level. */}
      <dd className="mt-0.5 before:inline-block before:h-7 before:align-middle">{children}</dd>
    </div>
  );
}
