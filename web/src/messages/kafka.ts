export const kafka = {
  title: "Kafka",
  lead: "The engine consumes Kafka topics and invokes a handler for each message. Clusters and subscriptions are the engine's own; this is how to make them.",
  role: "Both need the role Admin or Full: the CLI as you set it up, curl reads an API key from RESTATE_AUTH_TOKEN.",
  cluster: { title: "1. Name a cluster", lead: "Nothing is tried yet: what goes wrong later is in the environment's log." },
  subscription: { title: "2. Subscribe", lead: "The message is the body of the call. For a virtual object its key is the object's key. Each message is processed once." },
  look: { title: "3. List, and unsubscribe", lead: "A cluster that has subscriptions is deleted with ?force=true." },
  secured: { title: "With TLS and a password", lead: "Certificates go in as PEM text. Passwords and private keys are shown as *** to everybody." },
  brokers: {
    title: "Brokers and limits",
    facts: [
      ["Brokers", "Judged as services are: public addresses, and what the outbound policy allows. They cannot be reached through a tunnel; all addresses that they announce must be allowed."],
      ["Consumer group", "One for each subscription, named by its id (sub_…). A group.id of your own may not begin with sub_."],
      ["After a crash", "Brokers wait session.timeout.ms (45 s unless you say otherwise) before they give the partitions to the engine again."],
      ["Subscriptions", "At most 100 in an environment, unless the operator says otherwise."],
      ["Changing a cluster", "PATCH replaces all properties: name passwords again."],
    ],
  },
  properties: {
    title: "Properties",
    lead: "Those of librdkafka, with these exceptions. A refusal lists the ones that are open.",
    facts: [
      ["Closed", "Files of the host (ssl.ca.location, any other ….location), libraries (plugin.library.paths), programs and other addresses (Kerberos, OAuth), and what fills the log (debug, statistics.interval.ms)."],
      ["Instead of files", "ssl.ca.pem, ssl.certificate.pem, ssl.key.pem"],
      ["sasl.mechanism", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"],
      ["Memory, at most", "queued.max.messages.kbytes 65536, fetch.max.bytes 52428800, fetch.message.max.bytes 10485760, queued.min.messages 100000"],
    ],
  },
};
