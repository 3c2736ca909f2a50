import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

/** There is nothing yet: what this place is for, and the way to the first one. */
export function EmptyState({ icon: Icon, title, children, action }: { icon: LucideIcon; title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="panel grid justify-items-center gap-3 px-6 py-14 text-center">
      <span className="grid size-11 place-items-center rounded-xl bg-tint text-accent">
        <Icon size={20} aria-hidden />
      </span>
      <h2 className="text-lg font-semibold">{title}</h2>
      <p className="max-w-md text-pretty text-soft">{children}</p>
      {action}
    </div>
  );
}
