#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Live events: they come while hosts work, resuming loses nothing, and what was told is on disk."""

import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, EventStream, Scenario, Sshd, Told, folder, main, wait_until

TICKS = "#!/bin/sh\ni=0; while [ $i -lt $1 ]; do i=$((i+1)); echo \"tick $i\"; sleep $2; done\n"
TICKS_FORM = '<input name="sys_param_1" value="10"><input name="sys_param_2" value="0.1">'


class Events(Scenario):
    def setUp(self):
        self.controller = Controller(folder())
        self.sshd = Sshd(self.controller.folder).start()
        self.controller.start()
        self.controller.add_key("ops", self.sshd.new_key())
        self.hosts = [f"web{i}" for i in range(4)]
        for name in self.hosts:
            self.controller.add_host(name, port=self.sshd.port, login=self.sshd.login, key="ops")
        self.api = self.controller.api
        self.ticks = self.controller.add_module(TICKS, form=TICKS_FORM)

    def tearDown(self):
        self.sshd.stop()
        self.controller.close()

    def follow(self, run, after=None, told=None):
        told = told or Told()
        with self.api.events(run, after) as stream:
            self.assertEqual(stream.status, 200)
            self.assertTrue(stream.headers["content-type"].startswith("text/event-stream"))
            for event in stream:
                told.take(event)
                if told.ended:
                    break
        return told

    def assert_complete(self, run, told):
        """A watcher knows what the API says."""
        self.assertTrue(told.ended)
        self.assertEqual(told.ids, sorted(set(told.ids)), "ids must only grow")
        state = self.api.run_state(run)
        self.assertEqual({name: told.run[name] for name in ("id", "state", "outcome", "counts", "seq")},
                         {name: state[name] for name in ("id", "state", "outcome", "counts", "seq")})
        self.assertEqual(list(dict(sorted(told.rows.items())).values()), list(self.api.targets(run).values()))
        self.assertFalse(told.gap)
        for index, row in told.rows.items():
            for stream in ("stdout", "stderr"):
                self.assertEqual(told.output.get((index, stream), ""), self.api.raw(run, row["host"], stream).decode())

    def test_events_come_while_the_hosts_work(self):
        began = time.monotonic()
        run = self.api.start_run(self.ticks, self.hosts, ["10", "0.2"])
        times, told = [], Told()
        with self.api.events(run) as stream:
            for event in stream:
                told.take(event)
                if event.name == "batch" and event.data["output"]:
                    times.append(time.monotonic() - began)
        self.assertGreaterEqual(len(times), 5, "output came in too few messages to be live")
        self.assertLess(times[0], 1.9, "the first output came when all was over")
        self.assert_complete(run, told)
        self.assertEqual({target["outcome"] for target in told.rows.values()}, {"ok"})

    def test_a_character_that_comes_in_pieces_is_told_whole(self):
        module = self.controller.add_module("#!/bin/sh\nfor i in 1 2 3; do printf '\\344'; sleep 0.2; printf '\\275'; sleep 0.2; printf '\\240\\n'; done\n")
        run = self.api.start_run(module, self.hosts)
        told = self.follow(run)
        self.assertEqual(set(told.output.values()), {"你\n" * 3})
        self.assert_complete(run, told)

    def test_who_comes_late_is_told_everything(self):
        run, _ = self.api.run_module(self.ticks, self.hosts, ["20", "0.01"])
        self.assert_complete(run["id"], self.follow(run["id"]))

    def test_resuming_loses_and_doubles_nothing(self):
        run = self.api.start_run(self.ticks, self.hosts, ["30", "0.05"])
        told, after = Told(), None
        for _ in range(200):  # hang up after every second message
            with self.api.events(run, after) as stream:
                for _ in range(2):
                    event = stream.next()
                    if event is None:
                        break
                    told.take(event)
                after = stream.id
            if told.ended:
                break
        self.assert_complete(run, told)

    def test_resuming_from_every_event_gives_the_rest(self):
        run, _ = self.api.run_module(self.ticks, self.hosts, ["5", "0.1"])
        whole = self.follow(run["id"])
        last = whole.ids[-1]
        for after in sorted({0, 1, 2, 3, last // 2, last - 1}):
            told = self.follow(run["id"], after)
            self.assertEqual(told.run["seq"], last)
            for place, text in told.output.items():
                self.assertTrue(whole.output[place].endswith(text), (after, place))
            for index, row in told.rows.items():
                self.assertGreater(row["seq"], after)
                self.assertEqual(row, whole.rows[index])
        with self.api.events(run["id"], last) as stream:
            rest = list(stream)
        self.assertEqual([event.name for event in rest], ["end"], "nothing is new after the last event")

    def test_the_query_resumes_as_the_header_does(self):
        run, _ = self.api.run_module(self.ticks, self.hosts[:1], ["3", "0"])
        whole = self.follow(run["id"])
        with EventStream(self.controller.port, f"/api/v1/runs/{run['id']}/events?after={whole.ids[-1]}", self.api.headers) as stream:
            self.assertEqual([event.name for event in stream], ["end"])

    def test_nonsense_to_resume_from_is_refused(self):
        run, _ = self.api.run_module(self.ticks, self.hosts[:1], ["1", "0"])
        for after in ("x", "-1", "1e3", "9" * 40):
            with self.api.events(run["id"], after) as stream:
                self.assertEqual(stream.status, 400, after)
        with self.api.events(99999) as stream:
            self.assertEqual(stream.status, 404)

    def test_what_was_told_is_on_disk(self):
        """Killed right after an event, the controller knows it when it is back; ten times, at different moments."""
        for cut in range(10):
            run = self.api.start_run(self.ticks, self.hosts, ["50", "0.02"])
            told = Told()
            with self.api.events(run) as stream:
                for _ in range(2 + cut):
                    event = stream.next()
                    if event is None:
                        break
                    told.take(event)
                self.controller.kill()
            self.controller.start()
            self.assertGreaterEqual(self.api.run_state(run)["seq"], told.ids[-1])
            targets = list(self.api.targets(run).values())
            for index, row in told.rows.items():
                if row["state"] == "finished":
                    self.assertEqual(targets[index], row)
                else:
                    self.assertGreaterEqual(targets[index]["seq"], row["seq"])
            for (index, stream_name), text in told.output.items():
                stored = self.api.raw(run, targets[index]["host"], stream_name).decode()
                self.assertTrue(stored.startswith(text), f"told {text[-80:]!r}, stored {stored[-80:]!r}")

    def test_a_slow_reader_gets_the_newest_state_and_holds_nobody_up(self):
        flood = self.controller.add_module("#!/bin/sh\ni=0; while [ $i -lt 60 ]; do i=$((i+1)); head -c 100000 /dev/zero | tr '\\0' a; echo; sleep 0.02; done\n")
        run = self.api.start_run(flood, self.hosts)
        slow = self.api.events(run, receive_buffer=4096)
        began = time.monotonic()
        self.api.wait_for_run(run, 60)
        self.assertLess(time.monotonic() - began, 30, "a reader that does not read held the run up")
        told = Told()
        for event in slow:
            told.take(event)
        self.assertTrue(told.ended or not told.run or told.run["state"] != "finished")
        if not told.ended:  # it was dropped for being slow: then it comes back
            told = self.follow(run, slow.id, told)
        slow.close()
        self.assertEqual(told.run["outcome"], "ok")
        self.assertEqual({row["outcome"] for row in told.rows.values()}, {"ok"})
        printed = sum(row["stdout_bytes"] for row in told.rows.values())
        self.assertEqual(printed, 4 * 60 * 100001)
        self.assertLess(slow.bytes_read, printed / 2, "it was sent the whole history")

    def test_what_is_left_out_is_marked(self):
        """Who comes late to much output sees the end of every host's, and where something is missing."""
        flood = self.controller.add_module("#!/bin/sh\nhead -c 3000000 /dev/zero | tr '\\0' a; echo; echo the end\n")
        run, targets = self.api.run_module(flood, self.hosts)
        with self.api.events(run["id"]) as stream:
            events = [event for event in stream if event.name == "batch"]
        for target in targets.values():
            pieces = [piece for event in events for piece in event.data["output"] if piece["index"] == target["index"]]
            self.assertTrue(pieces, f"nothing is told of {target['host']}")
            self.assertTrue(any(piece.get("gap") for piece in pieces), f"{target['host']}: the gap is not marked")
            self.assertTrue(pieces[-1]["text"].endswith("the end\n"), f"{target['host']}: not the newest")
        self.assertLess(sum(len(piece["text"]) for event in events for piece in event.data["output"]), 4 << 20)

    def test_many_watchers_see_the_same(self):
        run = self.api.start_run(self.ticks, self.hosts, ["15", "0.1"])
        results, failures = [], []

        def watch():
            try:
                results.append(self.follow(run))
            except Exception as error:  # a thread's failure must reach the test
                failures.append(error)
        threads = [threading.Thread(target=watch) for _ in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(failures, [])
        self.assertEqual(len(results), 60)
        for told in results:
            self.assertEqual(told.output, results[0].output)
            self.assertEqual(told.rows, results[0].rows)
        self.assert_complete(run, results[0])

    def test_watchers_that_vanish_are_let_go(self):
        seconds = "600"
        module = self.controller.add_module(f"#!/bin/sh\nsleep {seconds}\n")
        run = self.api.start_run(module, self.hosts[:1])

        def descriptors():
            return len(os.listdir(f"/proc/{self.controller.pid}/fd"))
        self.api.run_state(run)
        before = descriptors()
        streams = [self.api.events(run) for _ in range(40)]
        for stream in streams:
            stream.next()
        self.assertGreaterEqual(descriptors(), before + 40)
        for stream in streams:
            stream.close()
        wait_until("their sockets are closed", lambda: descriptors() < before + 10, 25, 0.2)
        self.api.post(f"/runs/{run}/cancel")
        self.api.wait_for_run(run, 20)

    def test_a_quiet_stream_has_a_heart_beat(self):
        module = self.controller.add_module("#!/bin/sh\nsleep 600\n")
        run = self.api.start_run(module, self.hosts[:1])
        with self.api.events(run) as stream:
            deadline = time.monotonic() + 13
            try:
                while time.monotonic() < deadline and not stream.comments:
                    stream.next(max(0.1, deadline - time.monotonic()))
            except TimeoutError:
                pass
            self.assertGreaterEqual(stream.comments, 1, "no heart-beat in 13 s")
        self.api.post(f"/runs/{run}/cancel")
        self.api.wait_for_run(run, 20)

    def test_the_program_ends_although_somebody_watches(self):
        module = self.controller.add_module("#!/bin/sh\nsleep 600\n")
        run = self.api.start_run(module, self.hosts[:1])
        with self.api.events(run) as stream:
            stream.next()
            began = time.monotonic()
            self.assertEqual(self.controller.stop(), 0)
            self.assertLess(time.monotonic() - began, 10)
        self.controller.start()
        self.assertEqual(self.api.run_state(run)["state"], "finished")


if __name__ == "__main__":
    main()
