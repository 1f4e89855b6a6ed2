#include "daemon/config/config_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "daemon/base/nearest_name.h"
#include "daemon/base/status_text.h"
#include "daemon/rulebook/file_glob.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace kpiwatch {
namespace {

// Properties whose values are secrets and do not stand in a file that is shown around.
constexpr std::array<std::string_view, 6> kSecretProperties = {
    "sasl.password",         "ssl.key.password",        "ssl.key.pem",
    "ssl.keystore.password", "sasl.oauthbearer.config", "sasl.oauthbearer.client.secret"};

bool IsSecret(std::string_view property) {
  for (const std::string_view secret : kSecretProperties) {
    if (property == secret) {
      return true;
    }
  }
  return false;
}

bool IsSet(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe)
  return value != nullptr;
}

std::pair<std::string, std::string> ReadSecretPlace(const YamlNode& key, const YamlNode& value,
                                                    const std::string& base_dir, bool look,
                                                    Diagnostics* out) {
  const std::string what = fmt::format("secret '{}'", key.text);
  if (!value.is_map()) {  // whatever stands here may be the secret: it is not repeated
    out->Error(value, fmt::format("{0}: a secret does not stand in this file; write {1}: {{file: "
                                  "PATH}} or {1}: {{env: NAME}}",
                                  what, key.text));
    return {};
  }
  MapReader place(value, what, out);
  const std::optional<std::string> file = place.Text("file");
  const std::optional<std::string> env = place.Text("env");
  place.Finish();
  if (file.has_value() == env.has_value()) {
    out->Error(value, fmt::format("{}: give one of 'file' and 'env'", what));
  }
  const std::string path = ResolvePath(base_dir, file.value_or(""));
  if (look && file.has_value() && !env.has_value()) {
    CheckSecretFile(*place.Find("file"), path, what, out);
  } else if (look && env.has_value() && !IsSet(*env)) {
    // Not everybody who checks the file has the daemon's environment.
    out->Warning(place.Find("env")->place,
                 fmt::format("{}: the environment variable '{}' is not set", what, *env));
  }
  return {path, env.value_or("")};
}

}  // namespace

std::optional<SourceFile> ReadConfigFile(const std::string& path,
                                         std::vector<Diagnostic>* diagnostics) {
  constexpr size_t kMaxBytes = 1 << 20;
  absl::StatusOr<std::string> text = ReadWholeFile(path, kMaxBytes);
  if (text.ok() && text->size() <= kMaxBytes) {
    return SourceFile{.path = path, .text = *std::move(text)};
  }
  Diagnostic diagnostic;
  diagnostic.file = path;
  diagnostic.line = diagnostic.column = 1;
  diagnostic.message =
      text.ok() ? "the file is larger than 1 MiB" : std::string(text.status().message());
  diagnostics->push_back(std::move(diagnostic));
  return std::nullopt;
}

std::vector<Diagnostic> ReadConfigDocument(
    const SourceFile& file,
    const std::function<void(const YamlNode& document, Diagnostics* out)>& read) {
  Diagnostics out;
  YamlTree tree;
  YamlTree::Error error;
  if (!tree.Parse(file.text, out.AddFile(&file), &error)) {
    out.Error(error.place, error.message);
  } else if (tree.documents().size() != 1) {
    out.Error(Place{.file = 0, .line = 1, .column = 1},
              fmt::format("expected one YAML document, found {}", tree.documents().size()));
  } else {
    read(*tree.documents()[0], &out);
  }
  return out.Take();
}

bool HasErrors(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return !d.warning; });
}

std::string ResolvePath(const std::string& base_dir, const std::string& path) {
  return path.empty() ? path : (std::filesystem::path(base_dir) / path).lexically_normal().string();
}

std::optional<size_t> ReadChoice(MapReader* map, std::string_view key,
                                 const std::vector<std::string_view>& names) {
  const std::optional<std::string> text = map->Text(key);
  if (!text.has_value()) {
    return std::nullopt;
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == *text) {
      return i;
    }
  }
  const std::optional<std::string_view> near = NearestName(*text, names);
  map->out()->Error(*map->Find(key), fmt::format("'{}' is one of {}, not '{}'{}", key,
                                                 fmt::join(names, ", "), *text, DidYouMean(near)));
  return std::nullopt;
}

void ForEachEntry(MapReader* map, std::string_view key,
                  const std::function<void(const YamlNode& key, const YamlNode& value)>& visit) {
  const YamlNode* node = map->Find(key);
  if (node == nullptr) {
    return;
  }
  const MapReader entries(*node, fmt::format("'{}'", key), map->out());
  if (!entries.is_map()) {
    return;
  }
  for (size_t i = 0; i + 1 < node->children.size(); i += 2) {
    if (node->children[i]->is_scalar()) {
      visit(*node->children[i], *node->children[i + 1]);
    }
  }
}

std::optional<int64_t> ReadBytes(MapReader* map, std::string_view key) {
  constexpr int64_t kLeast = int64_t{1} << 20;
  constexpr int64_t kMost = int64_t{1} << 50;
  constexpr std::array<std::string_view, 5> kUnits = {"", "KiB", "MiB", "GiB", "TiB"};
  const std::optional<std::string> text = map->Text(key);
  if (!text.has_value()) {
    return std::nullopt;
  }
  int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  std::string_view unit(stop, static_cast<size_t>(end - stop));
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  for (size_t i = 0; error == std::errc() && i < kUnits.size(); ++i) {
    const auto shift = static_cast<int>(10 * i);
    if (unit == kUnits[i] && number > 0 && number <= kMost >> shift && number << shift >= kLeast) {
      return number << shift;
    }
  }
  map->out()->Error(
      *map->Find(key),
      fmt::format("'{}' is a size of at least 1MiB, such as 10GiB, not '{}'", key, *text));
  return std::nullopt;
}

void CheckSecretFile(const YamlNode& node, const std::string& path, std::string_view what,
                     Diagnostics* out) {
  constexpr size_t kMaxBytes = 64 << 10;
  const absl::StatusOr<std::string> text = ReadWholeFile(path, kMaxBytes);
  if (!text.ok()) {
    out->Error(node, fmt::format("{}: {}", what, MessageOf(text.status())));
  } else if (text->size() > kMaxBytes) {
    out->Error(node, fmt::format("{}: the file '{}' is larger than 64 KiB", what, path));
  } else if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
    out->Error(node, fmt::format("{}: the file '{}' is empty", what, path));
  }
}

KafkaCluster ReadKafkaCluster(MapReader* map, const std::string& base_dir,
                              KafkaPropertyCheck check) {
  KafkaCluster cluster;
  Diagnostics* const out = map->out();
  const auto tell = [&](const YamlNode& key, const std::string* value) {
    if (const absl::Status status =
            check != nullptr ? check(std::string(key.text), value) : absl::OkStatus();
        !status.ok()) {
      out->Error(key, std::string(MessageOf(status)));
    }
  };
  cluster.brokers = map->RequireText("brokers").value_or("");
  ForEachEntry(map, "properties", [&](const YamlNode& key, const YamlNode& value) {
    const std::string name(key.text);
    if (IsSecret(name)) {
      out->Error(key, fmt::format("'{0}' is a secret: write it under 'secrets' as {0}: {{file: "
                                  "PATH}} or {0}: {{env: NAME}}",
                                  name));
    } else if (name == "bootstrap.servers" || name == "metadata.broker.list") {
      out->Error(key, fmt::format("'{}' is what 'brokers' says", name));
    } else if (const auto text = ReadText(value, fmt::format("property '{}'", name), out)) {
      cluster.properties[name] = *text;
      tell(key, &*text);
    }
  });
  ForEachEntry(map, "secrets", [&](const YamlNode& key, const YamlNode& value) {
    cluster.secrets[std::string(key.text)] =
        ReadSecretPlace(key, value, base_dir, check != nullptr, out);
    tell(key, nullptr);
  });
  return cluster;
}

}  // namespace kpiwatch
