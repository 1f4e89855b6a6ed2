// The templates of a rule's annotations: a small part of Go's template language, which the users of
// Prometheus know.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kpiwatch {

// Values by name: {".Subject.Name", "王一"}.
using TemplateValues = std::map<std::string, std::string, std::less<>>;

// A template is text with actions: {{ .Name }}, {{ .Name | function }}, {{ function .Name }}, with
// any number of functions in a row, "text" in place of a name, and {{- -}} to take away the white
// space around. Names: .Subject.Name .Subject.ID .Subject.Unit .Rule .KPI.Name .KPI.Title .Level
// .Value .Target .Completion .MissStreak .Period .Status, and of a rule on pace .Expected
// .PaceIndex .Gap .Projection .ProjectedCompletion .RequiredRate .MaxAttainable, and where asked
// for .BackLoading. Functions, as in Prometheus: humanize humanizePercentage humanizeDuration title
// toUpper; those for numbers leave other text as it is. humanizePercentage shows six digits, not
// four: 39.996% must not read as 40% where 40% is the line.

// Everything that is wrong with `text`, each with its place and the nearest known name.
std::vector<std::string> TemplateMistakes(std::string_view text);

// Names without a value become nothing. A text with mistakes comes back as it is.
std::string RenderTemplate(std::string_view text, const TemplateValues& values);

}  // namespace kpiwatch
