#include "daemon/api/status_page.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "daemon/api/api.h"
#include "daemon/api/replies.h"
#include "daemon/base/utf8.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr size_t kMaxAlertsShown = 200;

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : ReplaceInvalidUtf8(text)) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

struct Texts {
  std::string_view ready, not_ready, now, alerts, no_alerts, more, sources, endpoints;
  std::string_view level, rule, subject, period, value, target, since;
  std::string_view source, kind, state, complete_until, lag, works, late, no_time;
  std::string_view levels[kLevelCount];
};

constexpr Texts kEnglish = {"ready",
                            "not ready",
                            "business time",
                            "Alerts",
                            "No alert stands.",
                            "and {} more",
                            "Sources",
                            "Endpoints",
                            "level",
                            "rule",
                            "subject",
                            "period",
                            "value",
                            "target",
                            "since",
                            "source",
                            "kind",
                            "state",
                            "complete until",
                            "lag",
                            "works",
                            "late",
                            "– (no source has proven anything yet)",
                            {"green", "yellow", "orange", "red"}};
constexpr Texts kChinese = {"就绪",
                            "未就绪",
                            "业务时间",
                            "预警",
                            "当前没有预警。",
                            "另有 {} 条",
                            "数据源",
                            "接口",
                            "级别",
                            "规则",
                            "对象",
                            "周期",
                            "实际",
                            "目标",
                            "开始于",
                            "数据源",
                            "类型",
                            "状态",
                            "数据完整至",
                            "积压",
                            "正常",
                            "迟到",
                            "–（数据源尚未证明任何数据完整）",
                            {"绿", "黄", "橙", "红"}};

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;"
    "color:#222;background:#fff}table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}"
    "th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}"
    ".yellow{background:#fff3c4}.orange{background:#ffd9b0}.red{background:#ffc9c9}"
    ".bad{color:#b00020}small{color:#666}";

std::string Row(std::string_view tag, std::string_view row_class,
                const std::vector<std::string>& cells) {
  std::string row = fmt::format("<tr class=\"{}\">", row_class);
  for (const std::string& cell : cells) {
    row += fmt::format("<{0}>{1}</{0}>", tag, Escape(cell));
  }
  return row + "</tr>\n";
}

std::string AlertsTable(const AlertPage& page, const Texts& t, std::string_view language) {
  if (page.alerts.empty()) {
    return fmt::format("<p>{}</p>\n", t.no_alerts);
  }
  std::string table = "<table>\n";
  const auto text = [](std::string_view v) { return std::string(v); };
  table += Row("th", "",
               {text(t.level), text(t.rule), text(t.subject), text(t.period), text(t.value),
                text(t.target), text(t.since)});
  for (const AlertView& alert : page.alerts) {
    const std::string& name = alert.subject_name.For(language);
    table += Row("td", LevelName(alert.level),
                 {text(t.levels[static_cast<size_t>(alert.level)]), alert.rule,
                  name.empty() ? alert.subject : fmt::format("{} ({})", name, alert.subject),
                  alert.period, alert.value, alert.target, JsonTime(alert.active_at)});
  }
  table += "</table>\n";
  if (page.total > page.alerts.size()) {
    table += fmt::format("<p>{}</p>\n",
                         fmt::format(fmt::runtime(t.more), page.total - page.alerts.size()));
  }
  return table;
}

std::string SourcesTable(const std::vector<SourceView>& sources, const Texts& t) {
  std::string table = "<table>\n";
  const auto text = [](std::string_view v) { return std::string(v); };
  table += Row("th", "",
               {text(t.source), text(t.kind), text(t.state), text(t.complete_until), text(t.lag)});
  for (const SourceView& source : sources) {
    int64_t lag = 0;
    std::string state = source.error;
    for (const PartitionView& partition : source.partitions) {
      lag += partition.end >= 0 ? std::max<int64_t>(0, partition.end - partition.position) : 0;
      if (state.empty() && partition.failed) {
        state = fmt::format("{}/{}: {}", partition.topic, partition.partition, partition.error);
      }
    }
    if (state.empty()) {
      state =
          source.late_day.empty() ? text(t.works) : fmt::format("{} ({})", t.late, source.late_day);
    }
    table +=
        Row("td", state == t.works ? "" : "bad",
            {source.name, source.kind, state,
             source.complete_until == absl::InfinitePast() ? "–" : JsonTime(source.complete_until),
             std::to_string(lag)});
  }
  return table + "</table>\n";
}

}  // namespace

std::string_view PageLanguage(std::string_view accept_language) {
  double zh = 0;
  double en = 0;
  for (const absl::string_view entry :
       absl::StrSplit(absl::string_view(accept_language.data(), accept_language.size()), ',')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(entry, absl::MaxSplits(';', 1));
    const absl::string_view tag = absl::StripAsciiWhitespace(parts.first);
    absl::string_view weight = absl::StripAsciiWhitespace(parts.second);
    double q = 1;
    if (absl::ConsumePrefix(&weight, "q=") && !absl::SimpleAtod(weight, &q)) {
      q = 0;
    }
    if (absl::StartsWithIgnoreCase(tag, "zh")) {
      zh = std::max(zh, q);
    } else if (absl::StartsWithIgnoreCase(tag, "en")) {
      en = std::max(en, q);
    }
  }
  return zh > en ? "zh" : "en";
}

std::string RenderStatusPage(const StatusPage& page, std::string_view language) {
  const Texts& t = language == "zh" ? kChinese : kEnglish;
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>kpiwatch</title>"
      "<meta name=\"viewport\" content=\"width=device-width\"><style>{}</style></head><body>\n"
      "<h1>kpiwatch <small>{} · {} · {} {}</small></h1>\n",
      language, kStyle, Escape(page.build.version), page.ready ? t.ready : t.not_ready, t.now,
      page.now == absl::InfinitePast() ? t.no_time : JsonTime(page.now));
  html += fmt::format("<h2>{}</h2>\n{}", t.alerts, AlertsTable(page.alerts, t, language));
  html += fmt::format("<h2>{}</h2>\n{}", t.sources, SourcesTable(page.sources, t));
  html += fmt::format("<h2>{}</h2>\n<ul>\n", t.endpoints);
  for (const std::string_view path :
       {"/metrics", "/-/healthy", "/-/ready", "/api/v1/rules", "/api/v1/alerts", "/api/v1/sources",
        "/api/v1/dead_letters", "/api/v1/status/buildinfo"}) {
    html += fmt::format("<li><a href=\"{0}{1}\">{1}</a></li>\n", Escape(page.prefix), path);
  }
  html += "<li>POST /api/v1/events</li>\n<li>POST /-/reload</li>\n<li>POST /-/quit</li>\n";
  return html + "</ul>\n</body></html>\n";
}

HttpReply Api::Home(const HttpRequest& request) const {
  const StatusPage page = {
      .build = options_.build,
      .ready = view_->ready(),
      .now = view_->Now(),
      .prefix = prefix_,
      .sources = view_->Sources(),
      .alerts = view_->Alerts({.after = std::nullopt, .limit = kMaxAlertsShown, .rules = {}})};
  return {
      .status = 200,
      .content_type = "text/html; charset=utf-8",
      .body = RenderStatusPage(page, PageLanguage(request.Header("Accept-Language").value_or(""))),
      .headers = {{"Vary", "Accept-Language"},
                  {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"},
                  {"X-Content-Type-Options", "nosniff"}}};
}

}  // namespace kpiwatch
