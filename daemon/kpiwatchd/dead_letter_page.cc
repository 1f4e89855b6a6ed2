#include "daemon/kpiwatchd/dead_letter_page.h"

#include <utility>

#include "absl/time/time.h"
#include "daemon/base/status_macros.h"

namespace kpiwatch {

absl::StatusOr<DeadLetterPage> ReadDeadLetters(const DeadLetterFile& file, uint64_t after,
                                               size_t limit) {
  constexpr size_t kPreviewBytes = 1024;
  KPIWATCH_ASSIGN_OR_RETURN(const auto letters, file.Read(after, limit + 1));
  DeadLetterPage page;
  for (const StoredDeadLetter& stored : letters) {
    if (page.letters.size() == limit) {
      page.more = true;
      break;
    }
    const v1::DeadLetter& letter = stored.letter;
    DeadLetterView view;
    view.number = stored.number;
    view.source = letter.source();
    view.topic = letter.topic();
    view.partition = letter.partition();
    view.offset = letter.offset();
    view.reason = letter.reason();
    view.message = letter.message();
    if (letter.timestamp_unix_ms() != 0) {
      view.time = absl::FromUnixMillis(letter.timestamp_unix_ms());
    }
    view.key = letter.key().substr(0, kPreviewBytes);
    view.value = letter.value().substr(0, kPreviewBytes);
    page.letters.push_back(std::move(view));
  }
  return page;
}

}  // namespace kpiwatch
