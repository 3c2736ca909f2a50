import { useState } from "react";
import { NameForm } from "@/components/NameForm";
import type { AccountPage } from "@/components/section";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Select } from "@/components/ui/Input";
import { Page } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { environments as t } from "@/messages";
import { useCreateEnvironment, useRegions } from "./queries";

type Created = { environmentId: string; operationId: string };

/** The region is asked for where there are several; it is the plane's own unless another is chosen. */
export default function NewEnvironmentPage({ account, onCreated }: AccountPage & { onCreated: (created: Created) => void }) {
  const creation = useCreateEnvironment(account.accountId);
  const { data, error, refetch } = useRegions();
  const [chosen, choose] = useState("");
  const regions = data?.items ?? [];
  const region = chosen || (regions.find(({ isDefault }) => isDefault) ?? regions[0])?.region;
  const create = {
    ...creation,
    mutate: (values: { name: string }, then: Parameters<typeof creation.mutate>[1]) => { creation.mutate({ ...values, ...(region && { region }) }, then); },
  };
  return (
    <Page title={t.create.title} lead={t.create.lead}>
      {/* Nobody's data is to be where they did not choose to have it. */}
      {error && !data && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton className="h-52 max-w-md rounded-xl" />}
      {data && (
        <NameForm words={t.create} first="dev" create={create} onCreated={({ environmentId, operationId }: Created) => { onCreated({ environmentId, operationId }); }}>
          {regions.length > 1 && (
            <Field label={t.create.region} hint={t.create.regionHint}>
              <Select value={region} onChange={(event) => { choose(event.target.value); }}>
                {regions.map(({ region: name }) => <option key={name} value={name}>{name}</option>)}
              </Select>
            </Field>
          )}
        </NameForm>
      )}
    </Page>
  );
}
