//! Stores that belong to another cluster, hold links and pipes, are full, or hang.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use rdkafka::producer::{BaseRecord, Producer};

use crate::crash::{caught_up, producer, publish};
use crate::dead_letters::ASK_WAIT;
use crate::harness::process::now;
use crate::harness::{Service, add_partitions, broker, create_topic, fresh, record, wait_for};
use crate::own_broker::Broker;
use crate::service::AGREEMENT;

fn kafka(broker: &str, topic: &str) -> String {
    format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ group.instance.id: one }} }}"
    )
}

#[test]
fn a_store_of_another_cluster_is_refused() {
    let Some(broker) = broker() else { return };
    let Some(other) = Broker::start_of_cluster("b3RoZXItY2x1c3Rlci0xMg") else { return };
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let more = format!("state: {{ store: \"{}\", checkpoint_every: 0s }}\n", state.display());
    let topic = fresh("clusters");
    for address in [&broker, &other.address()] {
        create_topic(address, &topic, 1);
    }
    publish(&producer(&broker), &topic, &[record(1, "created", "T-1")]);
    let first = Service::start_with(&kafka(&broker, &topic), AGREEMENT, &more);
    caught_up(&first, &topic, 1);
    assert_eq!(first.terminate(), Some(0));
    let second = Service::start_with(&kafka(&other.address(), &topic), AGREEMENT, &more);
    let reason = second.wait_for_reason("the checkpoints are of the cluster");
    assert!(reason.contains("leads to the cluster b3RoZXItY2x1c3Rlci0xMg"), "{reason}");
    assert!(reason.contains("use a store of its own for each cluster"), "{reason}");
}

#[test]
fn links_and_pipes_in_the_store_are_neither_followed_nor_read() {
    let Some(broker) = broker() else { return };
    let topic = fresh("links");
    create_topic(&broker, &topic, 1);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let precious = folder.path().join("precious");
    fs::write(&precious, "keep me").unwrap();
    let checkpoints = state.join(format!("checkpoints/{topic}/{topic}/0"));
    fs::create_dir_all(&checkpoints).unwrap();
    fs::create_dir_all(state.join(format!("watch/{topic}"))).unwrap();
    symlink(&precious, checkpoints.join("9-9.vaste")).unwrap();
    symlink(&precious, state.join(format!("watch/{topic}/7.json"))).unwrap();
    symlink(&precious, state.join(".probe")).unwrap();
    for pipe in [checkpoints.join("8-8.vaste"), state.join(format!("watch/{topic}/8.json"))] {
        assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    }
    let more = format!("state: {{ store: \"{}\", checkpoint_every: 0s }}\n", state.display());
    publish(&producer(&broker), &topic, &[record(1, "created", "T-1")]);
    let mut service = Service::start_with(&kafka(&broker, &topic), AGREEMENT, &more);
    caught_up(&service, &topic, 1);
    assert!(service.logged("is a link or a pipe and no file") >= 2, "{}", service.log());
    wait_for("a checkpoint", || {
        let metrics = service.metrics();
        metrics.value("vaste_checkpoint_last_success_timestamp_seconds").filter(|at| *at > 0.0)
    });
    assert_eq!(service.stop(), Some(0));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "keep me");
}

/// A library with this C code, to be loaded before the C library, in a folder.
fn library(folder: &Path, code: &str) -> (&'static str, String) {
    let source = folder.join("library.c");
    fs::write(&source, code).unwrap();
    let library = folder.join("library.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl");
    assert!(compiler.status().unwrap().success());
    ("LD_PRELOAD", library.display().to_string())
}

/// `write` of a disk that is full while a file named by `FULL` exists. Sockets and pipes are no files on it.
const FULL_DISK: &str = "\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
ssize_t write(int f, const void *from, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, \"write\");
    struct stat about;
    const char *full = getenv(\"FULL\");
    if (f > 2 && full && !access(full, F_OK) && !fstat(f, &about) && S_ISREG(about.st_mode)) {
        errno = ENOSPC;
        return -1;
    }
    return real(f, from, size);
}
";

#[test]
fn a_full_disk_stops_neither_the_stream_nor_the_shutdown_and_is_told_with_its_end() {
    let Some(broker) = broker() else { return };
    let topic = fresh("full-disk");
    create_topic(&broker, &topic, 1);
    let folder = tempfile::tempdir().unwrap();
    let full = folder.path().join("full");
    let variables = [library(folder.path(), FULL_DISK), ("FULL", full.display().to_string())];
    let more = "state: { store: state, checkpoint_every: 0s }\n";
    let mut service =
        Service::start_with_variables(&kafka(&broker, &topic), AGREEMENT, more, &variables);
    service.wait_until_ready();
    let producer = producer(&broker);
    let created = "vaste_records_applied_total{type=\"ticket.created\"}";
    let publish_one = |service: &Service, n: u32| {
        publish(&producer, &topic, &[record(n, "created", &format!("T-{n}"))]);
        wait_for("the ticket", || {
            (service.metrics().value(created) == Some(f64::from(n))).then_some(())
        });
    };
    let last_success = "vaste_checkpoint_last_success_timestamp_seconds";
    publish_one(&service, 1);
    wait_for("a checkpoint", || service.metrics().value(last_success).filter(|at| *at > 0.0));
    fs::write(&full, "").unwrap();
    publish_one(&service, 2);
    wait_for("the failure", || {
        (service.metrics().value("vaste_checkpoint_failures_total") >= Some(1.0)).then_some(())
    });
    let log = service.log();
    let said = log.lines().find(|line| line.contains("the checkpoint is not written")).unwrap();
    assert!(
        said.contains("No space left on device") && said.contains("check state.store"),
        "{said}"
    );
    publish_one(&service, 3);
    service.wait_until_ready();
    fs::remove_file(&full).unwrap();
    wait_for("the end in words", || {
        (service.logged("checkpoints are written again after ") == 1).then_some(())
    });
    wait_for("the state log", || {
        let (began, ended) = ("alert state log is not written", "alert state log is written again");
        (service.logged(began) == service.logged(ended)).then_some(())
    });
    fs::write(&full, "").unwrap();
    publish_one(&service, 4);
    let began = now();
    assert_eq!(service.stop(), Some(0));
    let seconds = now().duration_since(began).as_secs_f64();
    println!("stopped after {seconds:.1} s");
    assert!(seconds < 10.0, "{seconds} s");
    fs::remove_file(&full).unwrap();
    service.start_again();
    service.wait_until_ready();
    let waiting =
        "vaste_waiting_tickets{team=\"billing\",measure=\"first_reply\",basis=\"calendar\"}";
    assert_eq!(service.metrics().value(waiting), Some(4.0), "read from the last checkpoint on");
}

/// `opendir` of a store that takes seconds to list the folder named by `SLOW`.
const SLOW_STORE: &str = "\
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
DIR *opendir(const char *path) {
    static DIR *(*real)(const char *);
    if (!real) real = dlsym(RTLD_NEXT, \"opendir\");
    const char *slow = getenv(\"SLOW\");
    if (slow && strstr(path, slow)) sleep(6);
    return real(path);
}
";

/// The client makes statistics meanwhile, and hands them out before the records that it has already.
#[test]
fn records_that_come_while_the_worker_waits_for_the_store_are_all_read() {
    let Some(broker) = broker() else { return };
    let topic = fresh("slow-store");
    create_topic(&broker, &topic, 1);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let second = format!("checkpoints/{topic}/{topic}/1");
    fs::create_dir_all(state.join(&second)).unwrap();
    let variables = [library(folder.path(), SLOW_STORE), ("SLOW", second)];
    let more = format!("state: {{ store: \"{}\", checkpoint_every: 0s }}\n", state.display());
    let service =
        Service::start_with_variables(&kafka(&broker, &topic), AGREEMENT, &more, &variables);
    service.wait_until_ready();
    let producer = producer(&broker);
    let mut published = 0_u32;
    let mut publish_one = || {
        published += 1;
        let created = record(published, "created", &format!("T-{published}"));
        let sent = BaseRecord::<str, str>::to(&topic).payload(created.as_str()).partition(0);
        producer.send(sent).map_err(|(error, _)| error).unwrap();
        producer.flush(ASK_WAIT).unwrap();
        published
    };
    add_partitions(&broker, &topic, 2);
    wait_for("the second partition", || {
        publish_one();
        let is_assigned = |line: &str| line.contains("assigned: ") && line.contains("partition=1");
        service.log().lines().any(is_assigned).then_some(())
    });
    let all = publish_one();
    let created = "vaste_records_applied_total{type=\"ticket.created\"}";
    wait_for("all records", || {
        (service.metrics().value(created) == Some(f64::from(all))).then_some(())
    });
}

#[test]
fn a_disk_that_hangs_stops_neither_the_stream_nor_the_shutdown() {
    let Some(broker) = broker() else { return };
    let topic = fresh("hanging-disk");
    create_topic(&broker, &topic, 1);
    // A library whose `fsync` never returns, as that of a disk that hangs.
    let folder = tempfile::tempdir().unwrap();
    let code = "#include <unistd.h>\nint fsync(int f) { (void)f; for (;;) pause(); }\n\
                int fdatasync(int f) { return fsync(f); }\n";
    let preload = library(folder.path(), code);
    let more = "state: { store: state, checkpoint_every: 0s }\n";
    let mut service =
        Service::start_with_variables(&kafka(&broker, &topic), AGREEMENT, more, &[preload]);
    service.wait_until_ready();
    let producer = producer(&broker);
    let created = "vaste_records_applied_total{type=\"ticket.created\"}";
    for n in 1..4_u32 {
        publish(&producer, &topic, &[record(n, "created", &format!("T-{n}"))]);
        wait_for("the ticket", || {
            (service.metrics().value(created) == Some(f64::from(n))).then_some(())
        });
    }
    wait_for("the failure", || {
        (service.metrics().value("vaste_checkpoint_failures_total") >= Some(1.0)).then_some(())
    });
    assert_eq!(service.logged("the store does not answer"), 1, "{}", service.log());
    service.wait_until_ready();
    let began = now();
    assert_eq!(service.stop(), Some(0));
    let seconds = now().duration_since(began).as_secs_f64();
    println!("stopped after {seconds:.1} s");
    assert!(seconds < 10.0, "{seconds} s");
}
