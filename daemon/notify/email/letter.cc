#include "daemon/notify/email/letter.h"

#include <array>

#include "absl/strings/str_replace.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/base/utf8.h"
#include "daemon/notify/email/mime.h"
#include "daemon/notify/text.h"
#include "daemon/notify/words.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::array<std::string_view, kLevelCount> kColours = {"#2e7d32", "#b8860b", "#d2691e",
                                                                "#c62828"};
constexpr std::string_view kFont =
    "font-family:-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif;"
    "font-size:14px;color:#222";

// Line ends become breaks.
std::string Html(std::string_view text) {
  return absl::StrReplaceAll(ReplaceInvalidUtf8(text), {{"&", "&amp;"},
                                                        {"<", "&lt;"},
                                                        {">", "&gt;"},
                                                        {"\"", "&quot;"},
                                                        {"'", "&#39;"},
                                                        {"\n", "<br>"}});
}

std::string Row(std::string_view name, std::string_view html) {
  return fmt::format(
      "<tr><th style=\"text-align:left;vertical-align:top;padding:3px 14px 3px 0;color:#666;"
      "font-weight:normal;white-space:nowrap\">{}</th>"
      "<td style=\"padding:3px 0\">{}</td></tr>\n",
      Html(name), html);
}

std::string TaskHtml(const TaskText& task, const Words& words) {
  std::string out = fmt::format("<strong>{}</strong>", Html(task.title));
  for (const auto& [name, value] :
       {std::pair(words.assignee, task.assignee), std::pair(words.due, task.due)}) {
    if (!value.empty()) {
      out += fmt::format("<br>{}{}{}", Html(name), Html(words.colon), Html(value));
    }
  }
  for (const std::string& item : task.checklist) {
    out += fmt::format("<br>&#9744; {}", Html(item));
  }
  return out;
}

std::string TransitionHtml(const TransitionText& text, const Words& words) {
  const std::string_view colour = kColours[text.resolved ? 0 : static_cast<size_t>(text.level)];
  std::string out = fmt::format(
      "<div style=\"border-left:4px solid {};padding:4px 0 4px 12px;margin:0 0 20px\">\n"
      "<h3 style=\"margin:0 0 6px;color:{};font-size:16px\">{}</h3>\n",
      colour, colour, Html(text.headline));
  if (!text.summary.empty()) {
    out += fmt::format("<p style=\"margin:0 0 6px\">{}</p>\n", Html(text.summary));
  }
  out += "<table style=\"border-collapse:collapse;font-size:14px\">\n";
  for (const TextRow& row : text.rows) {
    out += Row(row.name, Html(row.text));
  }
  if (!text.description.empty()) {
    out += Row(words.next, Html(text.description));
  }
  for (const TaskText& task : text.tasks) {
    out += Row(words.task, TaskHtml(task, words));
  }
  return out + "</table>\n</div>\n";
}

std::string Part(std::string_view boundary, std::string_view type, std::string_view body) {
  return fmt::format(
      "--{}\r\nContent-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
      boundary, type, Base64Lines(body));
}

std::string Body(const Message& message, std::string_view boundary) {
  return Part(boundary, "text/plain", LetterText(message)) +
         Part(boundary, "text/html", LetterHtml(message)) + fmt::format("--{}--\r\n", boundary);
}

}  // namespace

std::string LetterText(const Message& message) {
  const Words& words = WordsOf(message.language);
  std::string out;
  for (const v1::Transition* transition : message.transitions) {
    out += PlainText(Describe(*transition, *message.rulebook, message.language), message.language);
    out += "\n";
  }
  if (message.truncated > 0) {
    out += fmt::format("{} {}\n\n", message.truncated, words.more_alerts);
  }
  return ReplaceInvalidUtf8(out + fmt::format("-- \n{}\n", words.footer));
}

std::string LetterHtml(const Message& message) {
  const Words& words = WordsOf(message.language);
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"></head>\n"
      "<body style=\"{}\">\n",
      message.language == "zh" ? "zh-CN" : "en", kFont);
  for (const v1::Transition* transition : message.transitions) {
    out += TransitionHtml(Describe(*transition, *message.rulebook, message.language), words);
  }
  if (message.truncated > 0) {
    out += fmt::format("<p>{} {}</p>\n", message.truncated, Html(words.more_alerts));
  }
  return out + fmt::format("<p style=\"color:#888;font-size:12px\">{}</p>\n</body></html>\n",
                           Html(words.footer));
}

absl::StatusOr<Letter> WriteLetter(const Message& message, std::string_view from, absl::Time now) {
  Letter letter;
  KPIWATCH_ASSIGN_OR_RETURN(letter.to, MailAddress(message.address));
  const absl::StatusOr<std::string> sender = MailAddress(from);
  if (!sender.ok()) {
    return absl::FailedPreconditionError(
        fmt::format("the receiver's 'from': {}", MessageOf(sender.status())));
  }
  letter.from = *sender;
  const std::string boundary = "kpiwatch-" + message.idempotency_key;
  const std::string_view domain = std::string_view(letter.from).substr(letter.from.rfind('@') + 1);
  letter.content = fmt::format(
      "From: {}\r\n"
      "To: {}\r\n"
      "Subject: {}\r\n"
      "Date: {}\r\n"
      "Message-ID: <{}@{}>\r\n"
      "MIME-Version: 1.0\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "Content-Language: {}\r\n"
      "Content-Type: multipart/alternative; boundary=\"{}\"\r\n"
      "\r\n{}",
      Mailbox(MailName(from), letter.from), Mailbox(message.recipient_name, letter.to),
      HeaderText(SubjectLine(message)), MailDate(now, absl::UTCTimeZone()), message.idempotency_key,
      domain, message.language == "zh" ? "zh-CN" : "en", boundary, Body(message, boundary));
  return letter;
}

}  // namespace kpiwatch
