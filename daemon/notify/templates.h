// The templates of a rule's annotations: a small part of Go's template language, which the users of
// Prometheus know.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// Values by name: {".Subject.Name", "王一"}.
using TemplateValues = std::map<std::string, std::string, std::less<>>;

// A template is text with actions: {{ .Name }}, {{ .Name | function }}, {{ function .Name }}, with
// any number of functions in a row, "text" in place of a name, and {{- -}} to take away the white
// space around. Names: .Subject.Name .Subject.ID .Subject.Unit .Rule .KPI.Name .KPI.Title .Level
// .Value .Target .Completion .MissStreak .Period .Status. Functions, as in Prometheus: humanize
// humanizePercentage humanizeDuration title toUpper; those for numbers leave other text as it is.

// What is wrong with `text`, with its place and the nearest known name; OK when nothing is.
absl::Status CheckTemplate(std::string_view text);

// All mistakes in the annotations of all rules, a line each: "rules/sales.yaml:12: …".
absl::Status CheckAnnotations(const Rulebook& rulebook);

// Names without a value become nothing. A text that CheckTemplate refuses comes back as it is.
std::string RenderTemplate(std::string_view text, const TemplateValues& values);

}  // namespace kpiwatch
