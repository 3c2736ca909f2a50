import { Link } from "@tanstack/react-router";
import { Fragment } from "react";

export type Crumb = { label: string; to: string };

/** On a phone only the last two. */
export function Crumbs({ crumbs }: { crumbs: Crumb[] }) {
  return (
    <ol className="flex min-w-0 items-center gap-1.5">
      {crumbs.map(({ label, to }, index) => {
        const last = index === crumbs.length - 1;
        const hidden = index < crumbs.length - 2 ? "max-sm:hidden" : "";
        return (
          <Fragment key={to}>
            {index > 0 && <li aria-hidden className={`text-edge ${index < crumbs.length - 1 ? "max-sm:hidden" : ""}`}>/</li>}
            <li className={`min-w-0 ${last ? "" : "shrink-[4]"} ${hidden}`}>
              <Link to={to} aria-current={last ? "page" : undefined} className={`block truncate py-1 ${last ? "font-medium" : "text-soft hover:text-ink"}`}>
                {label}
              </Link>
            </li>
          </Fragment>
        );
      })}
    </ol>
  );
}
