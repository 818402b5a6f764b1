"""The same as idle_live_test.py where a worker in its sandbox watches the folders: the separated server, as root."""
import live_changes  # before support
import support


class InAWorker(live_changes.Changes, support.Test):
    settings = {"MAXPERIP": 1000, "IMAP_IDLE_TIMEOUT": 3600}
    # Other IMAP servers are not run as root.
    test_another_process_of_ours = test_courier = test_dovecot = None

    def test_that_it_is_a_worker(self):
        self.assertTrue(self.server.processes_of("worker uid=%d" % self.site.uid))


if __name__ == "__main__":
    support.main()
