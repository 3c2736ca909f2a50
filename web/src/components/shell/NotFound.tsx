import { Compass } from "lucide-react";
import { Link } from "@tanstack/react-router";
import { EmptyState } from "@/components/ui/EmptyState";
import { buttonLook } from "@/components/ui/Button";
import { shell } from "@/messages";

export function NotFound() {
  return (
    <div className="mx-auto w-full max-w-xl py-12">
      <EmptyState icon={Compass} title={shell.notFound.title} action={<Link to="/" className={buttonLook("first")}>{shell.notFound.home}</Link>}>
        {shell.notFound.text}
      </EmptyState>
    </div>
  );
}
