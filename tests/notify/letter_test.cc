#include "daemon/notify/email/letter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "daemon/notify/email/mime.h"
#include "tests/testing/notify_samples.h"

namespace kpiwatch {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// What a reader makes of encoded words.
std::string Decode(std::string text) {
  text = absl::StrReplaceAll(text, {{"\r\n ", ""}});
  std::string out;
  for (size_t at = text.find("=?utf-8?B?"); at != std::string::npos;
       at = text.find("=?utf-8?B?", at)) {
    const size_t begin = at + 10;
    const size_t end = text.find("?=", begin);
    std::string word;
    EXPECT_TRUE(absl::Base64Unescape(text.substr(begin, end - begin), &word));
    out += word;
    at = end;
  }
  return out;
}

TEST(MimeTest, ShortAsciiStaysAsItIs) {
  EXPECT_EQ(HeaderText("[Red] Wang Yi"), "[Red] Wang Yi");
  EXPECT_THAT(HeaderText("a =?utf-8?B?eA==?= b"), StartsWith("=?utf-8?B?")) << "looks encoded";
}

TEST(MimeTest, LongTextIsCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += "销售额x";
  }
  const std::string header = HeaderText(text);
  EXPECT_EQ(Decode(header), text);
  size_t begin = 0;
  while (begin < header.size()) {
    const size_t end = std::min(header.find("\r\n ", begin), header.size());
    EXPECT_LE(end - begin, 75U);
    begin = end + 3;
  }
}

TEST(MimeTest, LineEndsCannotAddHeaders) {
  EXPECT_EQ(HeaderText("a\r\nBcc: x@example.com"), "a  Bcc: x@example.com");
  EXPECT_THAT(Mailbox("王\r\nBcc: x", "a@example.com"), Not(HasSubstr("\r\nBcc")));
  for (const char* bad :
       {"", "a", "@b", "a@", "a@b\r\nBcc: c", "a b@c", "<a@b", "a@b>c", "a@b,c@d", "a@b;c@d"}) {
    EXPECT_FALSE(MailAddress(bad).ok()) << bad;
  }
}

TEST(MimeTest, AddressesAreFoundInBothForms) {
  EXPECT_EQ(*MailAddress("kpi@example.com"), "kpi@example.com");
  EXPECT_EQ(*MailAddress("KPI Watch <kpi@example.com>"), "kpi@example.com");
  EXPECT_EQ(MailName("\"KPI, Watch\" <kpi@example.com>"), "KPI, Watch");
  EXPECT_EQ(MailName("kpi@example.com"), "");
  EXPECT_EQ(Mailbox("", "kpi@example.com"), "kpi@example.com");
  EXPECT_EQ(Mailbox("王一", "w@example.com"), "=?utf-8?B?546L5LiA?= <w@example.com>");
}

TEST(MimeTest, BodiesAreBase64InShortLines) {
  EXPECT_EQ(Base64Lines("abc"), "YWJj\r\n");
  EXPECT_EQ(Base64Lines(""), "");
  const std::string lines = Base64Lines(std::string(58, 'x'));
  EXPECT_EQ(lines.find("\r\n"), 76U);
}

class LetterTest : public testing::Test {
 protected:
  LetterTest()
      : rulebook_(SampleRulebook()),
        transition_(SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_ORANGE)) {
    message_.idempotency_key = "0123456789abcdef0123456789abcdef";
    message_.recipient_name = "王一";
    message_.address = "wangyi@example.com";
    message_.language = "zh";
    message_.transitions = {&transition_};
    message_.rulebook = &rulebook_;
  }
  std::string Content() {
    const auto letter =
        WriteLetter(message_, "KPI <kpi@mail.example.com>", absl::FromUnixSeconds(1790690400));
    EXPECT_TRUE(letter.ok()) << letter.status();
    return letter->content;
  }

  Rulebook rulebook_;
  v1::Transition transition_;
  Message message_;
};

TEST_F(LetterTest, HeadersNameTheRecipientAndTheMessage) {
  const std::string content = Content();
  EXPECT_THAT(content, StartsWith("From: =?utf-8?B?S1BJ?= <kpi@mail.example.com>\r\n"
                                  "To: =?utf-8?B?546L5LiA?= <wangyi@example.com>\r\n"
                                  "Subject: =?utf-8?B?"));
  EXPECT_THAT(content, HasSubstr("\r\nDate: Tue, 29 Sep 2026 14:00:00 +0000\r\n"));
  EXPECT_THAT(content, HasSubstr("\r\nMessage-ID: "
                                 "<0123456789abcdef0123456789abcdef@mail.example.com>\r\n"));
  EXPECT_THAT(content, HasSubstr("\r\nContent-Language: zh-CN\r\n"));
  EXPECT_THAT(content, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(content, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_THAT(content, testing::EndsWith("--kpiwatch-0123456789abcdef0123456789abcdef--\r\n"));
}

TEST_F(LetterTest, EveryLineEndsProperlyAndIsShort) {
  const std::string content = Content();
  size_t begin = 0;
  while (begin < content.size()) {
    const size_t end = content.find('\n', begin);
    ASSERT_NE(end, std::string::npos);
    EXPECT_EQ(content[end - 1], '\r');
    EXPECT_LE(end - begin, 200U);
    begin = end + 1;
  }
}

TEST_F(LetterTest, TextAndHtmlSayTheSameInTheRecipientsLanguage) {
  transition_.set_miss_streak(3);
  for (const std::string& body : {LetterText(message_), LetterHtml(message_)}) {
    EXPECT_THAT(body, HasSubstr("【橙色】王一（华东） 关键动作 2026-09-29"));
    EXPECT_THAT(body, HasSubstr("3 个工作日"));
  }
  message_.language = "en";
  for (const std::string& body : {LetterText(message_), LetterHtml(message_)}) {
    EXPECT_THAT(body, HasSubstr("[Orange] Wang Yi (East) Key actions 2026-09-29"));
    EXPECT_THAT(body, HasSubstr("3 working days"));
  }
}

TEST_F(LetterTest, SaysWhatToDoNextInTheRecipientsLanguage) {
  for (const std::string& body : {LetterText(message_), LetterHtml(message_)}) {
    EXPECT_THAT(body, HasSubstr("下一步"));
    EXPECT_THAT(body, HasSubstr("请主管与 王一 当面沟通。"));
  }
  message_.language = "en";
  for (const std::string& body : {LetterText(message_), LetterHtml(message_)}) {
    EXPECT_THAT(body, HasSubstr("What to do next"));
    EXPECT_THAT(body, HasSubstr("Sit down with Wang Yi."));
  }
}

TEST_F(LetterTest, HtmlIsEscaped) {
  transition_.set_detail("<script>alert('x')</script> & \"more\"");
  EXPECT_THAT(LetterHtml(message_),
              HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;"));
  EXPECT_THAT(LetterHtml(message_), Not(HasSubstr("<script>")));
}

TEST_F(LetterTest, ListSaysHowMuchIsMissing) {
  message_.truncated = 12;
  EXPECT_THAT(LetterText(message_), HasSubstr("12 条预警未列出"));
  EXPECT_THAT(LetterHtml(message_), HasSubstr("12 条预警未列出"));
}

TEST_F(LetterTest, TasksStandWithTheirChecklist) {
  v1::Task* task = transition_.add_tasks();
  task->set_title("专项复盘会议");
  task->set_assignee("u100");
  task->add_checklist("调整策略");
  EXPECT_THAT(LetterHtml(message_), HasSubstr("<strong>专项复盘会议</strong><br>负责人：陈敏"
                                              "<br>&#9744; 调整策略"));
}

TEST_F(LetterTest, BrokenAddressesAreToldApart) {
  const absl::Time now = absl::FromUnixSeconds(0);
  EXPECT_EQ(WriteLetter(message_, "nobody", now).status().code(),
            absl::StatusCode::kFailedPrecondition);
  message_.address = "wangyi";
  EXPECT_EQ(WriteLetter(message_, "kpi@example.com", now).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kpiwatch
