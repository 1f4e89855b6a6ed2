// From what the user wrote about a Kafka cluster to a configuration of librdkafka.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "daemon/kafka/handle.h"

namespace kpiwatch::kafka {

// How to reach a cluster, as the user configured it.
struct Cluster {
  std::string brokers;                                                 // host:port,...
  std::map<std::string, std::string> properties;                       // any property of librdkafka
  std::map<std::string, std::pair<std::string, std::string>> secrets;  // property → (file, env)
};

struct Property {
  std::string_view name;
  std::string_view value;
};

// A property that is ours alone, and what the user is to do instead of setting it.
struct Reserved {
  std::string_view name;
  std::string_view instead;
};

// What the daemon sets itself, for reading topics and for writing in transactions.
extern const std::span<const Reserved> kReservedForReading;
extern const std::span<const Reserved> kReservedForWriting;

// Whether a user may set this property: kInvalidArgument as MakeConf would answer. `value`: null
// looks at the name alone, as where the value is a secret.
absl::Status CheckProperty(const std::string& name, const std::string* value,
                           std::span<const Reserved> reserved);

inline absl::Status CheckReadingProperty(const std::string& name, const std::string* value) {
  return CheckProperty(name, value, kReservedForReading);
}
inline absl::Status CheckWritingProperty(const std::string& name, const std::string* value) {
  return CheckProperty(name, value, kReservedForWriting);
}

// `defaults` first, then the user's properties and secrets over them. A default that this version
// of the library does not know is left out.
// Errors: kInvalidArgument naming the property: unknown (with the nearest name), reserved, a bad
// value, a secret that cannot be read. A secret's value is never part of a message.
absl::StatusOr<ConfPtr> MakeConf(const Cluster& cluster, std::span<const Property> defaults,
                                 std::span<const Reserved> reserved);

}  // namespace kpiwatch::kafka
