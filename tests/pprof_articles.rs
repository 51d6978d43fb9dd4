//! What the articles that teach profiling type at pprof's prompt and get: `top10`, `tree 10 compress`, `list main.`,
//! `-nodefraction=0 -list`, `-inuse_space`, `--base`. A program like theirs, a service that packs JSON, left the profiles. With
//! `DUMPVIEW_GO` pprof's own prompt is asked the same lines, and says the same.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::BINARY;
    use crate::samples::corpus;
    use std::io::Write;
    use std::process::{Command, Stdio};

    const CPU: &str = "go1.27.3/cpu.pb.gz";
    const HEAP: &str = "go1.27.3/heap.pb.gz";

    fn ours(args: &[&str]) -> String {
        let output = Command::new(BINARY)
            .arg("pprof")
            .args(args)
            .current_dir(corpus("pprof"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Lines of the prompt.
    fn prompted(file: &str, lines: &[&str]) -> String {
        let mut args = vec!["-symbolize=none", file];
        args.extend(lines.iter().flat_map(|line| ["-x", line]));
        ours(&args)
    }

    #[test]
    fn top10_begins_as_every_article_shows_it() {
        let text = prompted(CPU, &["top10"]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..4],
            [
                "Showing nodes accounting for 980ms, 48.28% of 2030ms total",
                "Dropped 182 nodes (cum <= 10.15ms)",
                "Showing top 10 nodes out of 205",
                "      flat  flat%   sum%        cum   cum%",
            ]
        );
        assert_eq!(lines.len(), 14);
        assert!(lines[4].ends_with("runtime.memclrNoHeapPointers"), "{text}");
    }

    #[test]
    fn tree_of_ten_that_compress() {
        let text = prompted(CPU, &["tree 10 compress"]);
        assert!(
            text.starts_with("Active filters:\n   focus=compress\n"),
            "{text}"
        );
        assert!(text.contains("Showing top 10 nodes out of 88\n"), "{text}");
        let row = "     0.10s  4.93% 12.81%      0.30s 14.78%                | compress/flate.(*fastEncL6).encode";
        let caller = "                                             0.05s 31.25% |   compress/flate.(*fastEncL6).encode";
        assert!(text.contains(row) && text.contains(caller), "{text}");
    }

    #[test]
    fn a_listing_says_which_line_of_main_it_is() {
        let text = prompted(CPU, &["list main."]);
        assert!(text.starts_with("Total: 2.03s\n"), "{text}");
        let routine = "ROUTINE ======================== main.treeHandler in server/main.go\n         0      1.07s (flat, cum) 52.71% of Total\n";
        assert!(text.contains(routine), "{text}");
        assert!(
            text.contains("         .      520ms    165:\tif err := json.NewEncoder(zw).Encode(it); err != nil {"),
            "{text}"
        );
        // The same from the command line, where nothing is left out.
        let listed = ours(&["-symbolize=none", "-nodefraction=0", "-list=main.", CPU]);
        assert_eq!(listed, text);
    }

    #[test]
    fn memory_in_use_and_what_came_since() {
        let text = ours(&[
            "-symbolize=none",
            "-inuse_space",
            "-top",
            "-nodecount=5",
            HEAP,
        ]);
        assert!(text.contains("Type: inuse_space\n"), "{text}");
        assert!(
            text.contains(
                " 1536.42kB 24.03% 24.03%  1536.42kB 24.03%  reflect.mapassign_faststr0\n"
            ),
            "{text}"
        );
        let base = "--base=go1.27.3/heap.before.pb.gz";
        let text = ours(&["-symbolize=none", "-top", base, HEAP]);
        assert!(text.contains("of 4637.20kB total\n"), "{text}");
        // What went has a minus.
        assert!(
            text.lines().any(|line| line.trim_start().starts_with('-')),
            "{text}"
        );
    }

    #[test]
    fn the_prompt_of_pprof_says_the_same() {
        let Some(go) = std::env::var_os("DUMPVIEW_GO") else {
            return;
        };
        let tool = Command::new(go)
            .args(["1.27.3", "tool", "-n", "pprof"])
            .output()
            .unwrap();
        let tool = String::from_utf8(tool.stdout).unwrap();
        for (file, lines) in [
            (
                CPU,
                &[
                    "top10",
                    "tree 10 compress",
                    "list main.",
                    "top10 -cum",
                    "peek compress",
                ][..],
            ),
            (
                CPU,
                &["focus=json", "nodefraction=0", "top", "list main.tree"],
            ),
            (
                HEAP,
                &[
                    "sample_index=inuse_objects",
                    "top5",
                    "alloc_space",
                    "top5 -runtime",
                    "tags",
                ],
            ),
        ] {
            let mut prompt = Command::new(tool.trim())
                .args(["-symbolize=none", file])
                .current_dir(corpus("pprof"))
                .env("TZ", "UTC")
                .env("TERM", "dumb")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut asked = lines.join("\n");
            asked.push_str("\nquit\n");
            prompt
                .stdin
                .take()
                .unwrap()
                .write_all(asked.as_bytes())
                .unwrap();
            let output = prompt.wait_with_output().unwrap();
            let theirs = String::from_utf8(output.stdout)
                .unwrap()
                .replace("(pprof) ", "");
            assert_eq!(
                prompted(file, lines).trim_end(),
                theirs.trim_end(),
                "{lines:?}"
            );
        }
    }
}
