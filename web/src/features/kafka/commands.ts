/** The engine's own operations with this environment's address, as docs/kafka.md has them. */
export function commands(adminBaseUrl: string) {
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
