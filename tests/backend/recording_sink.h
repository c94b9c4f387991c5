// SPDX-License-Identifier: MIT
//
// RecordingSink: keeps what a batch's targets report, and fails the test when their events come in
// an impossible order. Also the batch that most tests run.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "om/backend/backend.h"

namespace om::backend {

struct TargetRecord {
  std::optional<std::int64_t> process_group;
  std::string out;
  std::string err;
  std::vector<Progress> progress;
  std::optional<Finished> finished;
};

class RecordingSink final : public Sink {
 public:
  void on_event(int target_index, HostEvent event) override {
    TargetRecord& record = targets[target_index];
    EXPECT_FALSE(record.finished) << "an event after the last one";
    if (const auto* started = std::get_if<Started>(&event)) {
      EXPECT_FALSE(record.process_group) << "started twice";
      record.process_group = started->process_group;
    } else if (const auto* output = std::get_if<Output>(&event)) {
      EXPECT_TRUE(record.process_group) << "output before the start";
      EXPECT_FALSE(output->bytes.empty());
      (output->stream == Stream::out ? record.out : record.err) += output->bytes;
    } else if (const auto* progress = std::get_if<Progress>(&event)) {
      EXPECT_LE(progress->done_bytes, progress->total_bytes);
      record.progress.push_back(*progress);
    } else if (const auto* finished = std::get_if<Finished>(&event)) {
      record.finished = *finished;
    }
    if (on_each) on_each(event);
  }
  bool finished(int target_index = 0) { return targets[target_index].finished.has_value(); }
  TargetRecord& operator[](int target_index) { return targets[target_index]; }

  std::map<int, TargetRecord> targets;
  std::function<void(const HostEvent&)> on_each;
};

inline ScriptJob& script_of(Batch& batch) { return std::get<ScriptJob>(batch.job); }

inline Batch batch_of(std::string script, std::vector<std::string> values = {}) {
  Batch batch;
  batch.targets.push_back({0, Host{}});
  batch.targets[0].host.name = "web1";
  auto text = std::make_shared<Script>();
  text->bytes = std::move(script);
  script_of(batch).script = std::move(text);
  int number = 0;
  for (std::string& value : values) {
    script_of(batch).parameters.push_back(
        {"sys_param_" + std::to_string(++number), Secret(std::move(value)), false});
  }
  batch.deadlines.run = std::chrono::seconds(60);
  return batch;
}

}  // namespace om::backend
