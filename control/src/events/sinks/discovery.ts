/**
 * What Home Assistant is told of a node, by its MQTT device discovery: entities that read the events themselves. None of
 * them shows what was said: Home Assistant would keep it in its history.
 */
import { createFilter } from "../filter.ts";

export interface DiscoveryOptions {
  node: string;
  version: string;
  /** Of the device; events come on `<own>/<noun>/<verb>`. */
  own: string;
  availabilityTopic: string;
  discoveryPrefix: string;
  /** Names of the events that the sink gets: what would never change is not shown. */
  types: readonly string[];
}

interface Entity {
  /** The names of the events that it reads. */
  reads: readonly string[];
  config: Record<string, unknown>;
}

const jobVerbs = ["requested", "started", "completed", "failed", "cancelled"];
const nodeVerbs = ["started", "draining", "stopped", "overloaded"];
/** `io.humhelix.transcription.completed.v1` -> `completed` */
const verb = "value_json.type.split('.')[3]";

/** To be published retained. */
export function discoveryOf(options: DiscoveryOptions): { topic: string; payload: string } {
  const { node, version, availabilityTopic, discoveryPrefix, types } = options;
  const id = `humhelix_${node.replaceAll(".", "_")}`;
  const gets = createFilter(types);
  const shown = Object.entries(entities(options)).filter(([, { reads }]) => reads.some(gets));
  const common = { availability_topic: availabilityTopic };
  const components = {
    connection: connection(availabilityTopic),
    ...Object.fromEntries(shown.map(([key, { config }]) => [key, { ...common, ...config }])),
  };
  const payload = {
    device: {
      identifiers: [id],
      name: `hum-helix ${node}`,
      manufacturer: "hum-helix",
      model: "Speech-to-text node",
      sw_version: version,
    },
    origin: { name: "hum-helix", sw_version: version },
    qos: 1,
    components: Object.fromEntries(
      Object.entries(components).map(([key, config]) => [key, { unique_id: `${id}_${key}`, ...config }]),
    ),
  };
  return { topic: `${discoveryPrefix}/device/${id}/config`, payload: JSON.stringify(payload) };
}

/** Always available: it says whether the node is. */
const connection = (topic: string) => ({
  platform: "binary_sensor",
  name: "Connection",
  device_class: "connectivity",
  entity_category: "diagnostic",
  state_topic: topic,
  payload_on: "online",
  payload_off: "offline",
});

function entities({ own }: DiscoveryOptions): Record<string, Entity> {
  const completed = `${own}/transcription/completed`;
  const seconds = (name: string, field: string): Entity => ({
    reads: ["transcription.completed"],
    config: {
      platform: "sensor",
      name,
      device_class: "duration",
      unit_of_measurement: "s",
      state_class: "measurement",
      suggested_display_precision: 1,
      state_topic: completed,
      value_template: `{{ value_json.data.${field} }}`,
    },
  });
  return {
    transcription: {
      reads: jobVerbs.map((name) => `transcription.${name}`),
      config: {
        platform: "event",
        name: "Transcription",
        event_types: jobVerbs,
        state_topic: `${own}/transcription/+`,
        // Nothing is rendered for segments, which are no events of Home Assistant's.
        value_template: `{% if ${verb} in ${JSON.stringify(jobVerbs)} %}{{ {'event_type': ${verb}, 'request_id': value_json.data.request_id} | tojson }}{% endif %}`,
      },
    },
    last_transcription: {
      reads: ["transcription.completed"],
      config: {
        platform: "sensor",
        name: "Last transcription",
        device_class: "timestamp",
        state_topic: completed,
        value_template: "{{ value_json.time }}",
        json_attributes_topic: completed,
        json_attributes_template:
          "{{ {'request_id': value_json.data.request_id, 'language': value_json.data.language, 'model': value_json.data.model.name, 'rtf': value_json.data.rtf} | tojson }}",
      },
    },
    audio_length: seconds("Audio length", "audio_s"),
    processing_time: seconds("Processing time", "processing_s"),
    last_failure: {
      reads: ["transcription.failed"],
      config: {
        platform: "sensor",
        name: "Last failure",
        entity_category: "diagnostic",
        state_topic: `${own}/transcription/failed`,
        value_template: "{{ value_json.data.error.code }}",
      },
    },
    state: {
      reads: nodeVerbs.map((name) => `node.${name}`),
      config: {
        platform: "sensor",
        name: "State",
        device_class: "enum",
        options: nodeVerbs,
        entity_category: "diagnostic",
        state_topic: `${own}/node/+`,
        value_template: `{{ ${verb} }}`,
      },
    },
  };
}
