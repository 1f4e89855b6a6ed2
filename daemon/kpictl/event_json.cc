#include "daemon/kpictl/event_json.h"

#include <fmt/format.h>

#include <map>
#include <memory>

#include "daemon/base/json_text.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kDataPrefix = "data.";

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

void AppendMember(std::string_view name, std::string_view text, std::string* out) {
  *out += out->back() == '{' ? "" : ",";
  AppendJsonString(name, out);
  *out += ':';
  AppendJsonString(text, out);
}

void AppendField(const FieldValue& field, std::string* out) {
  switch (field.kind) {
    case FieldKind::kMissing:
    case FieldKind::kNull:
      *out += "null";
      return;
    case FieldKind::kBool:
      *out += field.boolean ? "true" : "false";
      return;
    case FieldKind::kNumber:
      *out += field.number.ToString();
      return;
    case FieldKind::kString:
      AppendJsonString(field.text, out);
      return;
    case FieldKind::kMoney:
      *out += fmt::format(R"({{"amount":"{}","currency":)", field.number.ToString());
      AppendJsonString(field.text, out);
      *out += '}';
      return;
  }
}

// Dotted paths as nested objects.
struct Node {
  const FieldValue* value = nullptr;
  std::map<std::string, std::unique_ptr<Node>, std::less<>> members;

  void Put(std::string_view path, const FieldValue* field) {
    const size_t dot = path.find('.');
    std::unique_ptr<Node>& member = members[std::string(path.substr(0, dot))];
    if (member == nullptr) {
      member = std::make_unique<Node>();
    }
    if (dot == path.npos) {
      member->value = field;
    } else {
      member->Put(path.substr(dot + 1), field);
    }
  }

  void Append(std::string* out) const {
    if (members.empty()) {
      AppendField(*value, out);
      return;
    }
    *out += '{';
    for (const auto& [name, member] : members) {
      *out += out->back() == '{' ? "" : ",";
      AppendJsonString(name, out);
      *out += ':';
      member->Append(out);
    }
    *out += '}';
  }
};

}  // namespace

std::string CloudEventJson(const Event& event, std::string_view data) {
  std::string json = "{";
  AppendMember("specversion", "1.0", &json);
  AppendMember("type", event.type, &json);
  AppendMember("source", event.source, &json);
  AppendMember("id", event.id, &json);
  if (event.time_ms != kNoTime) {
    AppendMember("time", Rfc3339(absl::FromUnixMillis(event.time_ms)), &json);
  }
  if (!event.subject.empty()) {
    AppendMember("subject", event.subject, &json);
  }
  if (!event.tenant.empty()) {
    AppendMember("tenantid", event.tenant, &json);
  }
  if (event.recorded_ms != kNoTime) {
    AppendMember("recordedtime", Rfc3339(absl::FromUnixMillis(event.recorded_ms)), &json);
  }
  if (event.sequence >= 0) {
    AppendMember("sequence", fmt::format("{}", event.sequence), &json);
  }
  if (event.snapshot != SnapshotRead::kNo) {
    AppendMember("snapshot", event.snapshot == SnapshotRead::kDated ? "dated" : "undated", &json);
  }
  AppendMember("datacontenttype", "application/json", &json);
  json += R"(,"data":)";
  json += data;
  return json + '}';
}

std::string CloudEventJson(const Event& event, const FieldPlan& plan) {
  Node fields;
  for (size_t i = 0; i < plan.size(); ++i) {
    const std::string_view path = plan.paths()[i];
    if (path.starts_with(kDataPrefix) && event.fields[i].kind != FieldKind::kMissing) {
      fields.Put(path.substr(kDataPrefix.size()), &event.fields[i]);
    }
  }
  std::string data;
  if (fields.members.empty()) {
    data = "{}";
  } else {
    fields.Append(&data);
  }
  return CloudEventJson(event, data);
}

std::string HeartbeatJson(std::string_view source, absl::Time until, std::string_view scope,
                          absl::Time now) {
  std::string json = "{";
  AppendMember("specversion", "1.0", &json);
  AppendMember("type", "kpiwatch.sys.source.heartbeat.v1", &json);
  AppendMember("source", source, &json);
  AppendMember("id", fmt::format("heartbeat-{}-{}", Rfc3339(until), absl::ToUnixMillis(now)),
               &json);
  AppendMember("time", Rfc3339(now), &json);
  AppendMember("datacontenttype", "application/json", &json);
  json += R"(,"data":{)";
  AppendMember("source", source, &json);
  if (!scope.empty()) {
    AppendMember("partition_scope", scope, &json);
  }
  AppendMember("complete_until", Rfc3339(until), &json);
  return json + "}}";
}

}  // namespace kpiwatch
