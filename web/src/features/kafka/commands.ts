import type { Sample } from "@/components/ui/CodeTabs";

type Step = "cluster" | "subscription" | "look" | "secured";

/** The engine's own operations, by the Restate CLI (1.7) and by HTTP with this environment's address (docs/kafka.md). */
export function commands(adminBaseUrl: string): Record<Step, Sample[]> {
  const byHttp = curl(adminBaseUrl);
  const both = (step: Step): Sample[] => [
    { name: "cli", label: "CLI", text: CLI[step] },
    { name: "curl", label: "curl", text: byHttp[step] },
  ];
  return { cluster: both("cluster"), subscription: both("subscription"), look: both("look"), secured: both("secured") };
}

const CLI: Record<Step, string> = {
  cluster: "restate kafka-clusters create lab bootstrap.servers=kafka.example.com:9092",
  subscription: "restate subscriptions create kafka://lab/orders service://greeter/greet auto.offset.reset=earliest",
  look: `restate kafka-clusters list
restate subscriptions list
restate subscriptions delete <id>`,
  secured: `restate kafka-clusters create secured \\
  bootstrap.servers=kafka.example.com:9093 \\
  security.protocol=SASL_SSL \\
  sasl.mechanism=SCRAM-SHA-512 \\
  sasl.username=orders sasl.password=… \\
  "ssl.ca.pem=$(cat ca.pem)"`,
};

function curl(adminBaseUrl: string): Record<Step, string> {
  const admin = adminBaseUrl.replace(/\/$/, "");
  const key = `-H "authorization: Bearer $RESTATE_AUTH_TOKEN"`;
  return {
    cluster: `curl ${admin}/kafka-clusters ${key} \\
  --json '{"name": "lab", "properties": {"bootstrap.servers": "kafka.example.com:9092"}}'`,
    subscription: `curl ${admin}/subscriptions ${key} \\
  --json '{"source": "kafka://lab/orders", "sink": "service://greeter/greet",
    "options": {"auto.offset.reset": "earliest"}}'`,
    look: `curl ${admin}/kafka-clusters ${key}
curl ${admin}/subscriptions ${key}
curl -X DELETE ${admin}/subscriptions/<id> ${key}`,
    secured: `curl ${admin}/kafka-clusters ${key} \\
  --json '{"name": "secured", "properties": {
    "bootstrap.servers": "kafka.example.com:9093",
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": "orders",
    "sasl.password": "…",
    "ssl.ca.pem": "-----BEGIN CERTIFICATE-----\\n…"}}'`,
  };
}
