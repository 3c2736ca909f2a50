// A program outside Restate that uses the SDK's client, as a tenant's backend would. Prints one JSON document.
import * as clients from "@restatedev/restate-sdk-clients";

const { INGRESS_URL: url = "", API_KEY: key, WORD: word = "" } = process.env;
const restate = clients.connect({ url, headers: key ? { Authorization: `Bearer ${key}` } : {} });

async function everyCall() {
  const called = await restate.serviceClient({ name: "echo" } as any).note(word);
  const greeted = await restate.objectClient({ name: "greeter" } as any, word).greet("Hello");
  const sent = await restate.serviceSendClient({ name: "echo" } as any).note(
    word,
    clients.rpc.sendOpts({ idempotencyKey: word })
  );
  const result = await restate.result(sent);
  const workflow = restate.workflowClient({ name: "payment" } as any, word) as any;
  await workflow.workflowSubmit({ account: "acme", amount: 1, email: `${word}@example.com` });
  await workflow.paymentWebhook("acme");
  const paid = await workflow.workflowAttach();
  return { called, greeted, sent: sent.status, result, paid };
}

try {
  console.log(JSON.stringify(await everyCall()));
} catch (error) {
  if (!(error instanceof clients.HttpCallError)) throw error;
  console.log(JSON.stringify({ refused: error.status, text: error.responseText }));
}
