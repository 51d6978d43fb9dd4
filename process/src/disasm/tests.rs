//! Bytes whose meaning is known, and whole programs against objdump.

use super::{BAD, Syntax, instructions, instructions_in};
use crate::addr::Addr;
use crate::arch::Arch;
use crate::image::{Executable, SectionArena};
use flate2::read::GzDecoder;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

fn texts(arch: Arch, code: &[u8], at: u64) -> Vec<(u64, String, Option<u64>)> {
    instructions(arch, code, Addr(at))
        .map(|i| (i.addr.0, i.text, i.target.map(|t| t.0)))
        .collect()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[test]
fn amd64_names_what_is_relative_to_the_program_counter() {
    let code = [
        0x49, 0x3b, 0x66, 0x10, 0x76, 0x10, 0xe8, 0xf5, 0xff, 0xff, 0xff, 0x48, 0x8d, 0x05, 0x10,
        0, 0, 0, 0xff, 0xd1, 0xcc,
    ];
    assert_eq!(
        texts(Arch::Amd64, &code, 0x401000),
        [
            (0x401000, "cmp 0x10(%r14),%rsp".to_owned(), None),
            (0x401004, "jbe 0x401016".to_owned(), Some(0x401016)),
            (0x401006, "call 0x401000".to_owned(), Some(0x401000)),
            (0x40100b, "lea 0x10(%rip),%rax # 0x401022".to_owned(), None),
            (0x401012, "call *%rcx".to_owned(), None),
            (0x401014, "int3".to_owned(), None),
        ]
    );
}

#[test]
fn amd64_has_the_syntax_of_intel_as_objdump_spells_it() {
    let code = [
        0x49, 0x3b, 0x66, 0x10, 0x76, 0x10, 0x48, 0x8d, 0x05, 0x10, 0, 0, 0, 0xff, 0x10, 0x48,
        0xc7, 0x44, 0x24, 0x08, 0x0f, 0, 0, 0, 0xc3,
    ];
    let all = instructions_in(Syntax::Intel, Arch::Amd64, &code, Addr(0x401000));
    assert_eq!(
        all.map(|one| one.text).collect::<Vec<_>>(),
        [
            "cmp rsp,QWORD PTR [r14+0x10]",
            "jbe 0x401016",
            "lea rax,[rip+0x10] # 0x40101d",
            "call QWORD PTR [rax]",
            "mov QWORD PTR [rsp+0x8],0xf",
            "ret",
        ]
    );
}

#[test]
fn amd64_bytes_that_are_no_instruction_are_bad_one_at_a_time() {
    // push es does not exist in 64-bit code; the last instruction is cut off.
    let code = [0x06, 0x06, 0x90, 0x48, 0x8d, 0x05, 0x10];
    let found = texts(Arch::Amd64, &code, 0);
    let bad: Vec<u64> = found
        .iter()
        .filter(|(_, t, _)| t == BAD)
        .map(|f| f.0)
        .collect();
    assert_eq!(bad.get(..3), Some([0, 1, 3].as_slice()), "{found:?}");
    assert!(found.contains(&(2, "nop".to_owned(), None)));
}

#[test]
fn arm64_names_what_is_relative_to_the_program_counter() {
    // bl .-16; b.ls .+8; adrp x27,.+0x2000; adr x2,.+8; cbz x0,.+8; tbnz w1,#3,.-4; ret; padding
    let code = words(&[
        0x97ff_fffc,
        0x5400_0049,
        0xd000_001b,
        0x1000_0042,
        0xb400_0040,
        0x371f_ffe1,
        0xd65f_03c0,
        0,
    ]);
    assert_eq!(
        texts(Arch::Arm64, &code, 0x1_0010),
        [
            (0x1_0010, "bl 0x10000".to_owned(), Some(0x1_0000)),
            (0x1_0014, "b.ls 0x1001c".to_owned(), Some(0x1_001c)),
            (0x1_0018, "adrp x27, 0x12000".to_owned(), None),
            (0x1_001c, "adr x2, 0x10024".to_owned(), None),
            (0x1_0020, "cbz x0, 0x10028".to_owned(), Some(0x1_0028)),
            (
                0x1_0024,
                "tbnz w1, #0x3, 0x10020".to_owned(),
                Some(0x1_0020)
            ),
            (0x1_0028, "ret".to_owned(), None),
            (0x1_002c, "udf #0x0".to_owned(), None),
        ]
    );
}

#[test]
fn arm64_words_that_are_no_instruction_are_bad_and_a_torn_word_too() {
    let mut code = words(&[0xffff_ffff, 0xd503_201f]);
    code.extend([0x1f, 0x20]);
    let found = texts(Arch::Arm64, &code, 0x1000);
    let found: Vec<_> = found.iter().map(|(a, t, _)| (*a, t.as_str())).collect();
    assert_eq!(found, [(0x1000, BAD), (0x1004, "nop"), (0x1008, BAD)]);
}

#[test]
fn arm64_bitmask_constants_are_moves_unless_a_wide_move_could_load_them() {
    let code = words(&[0xb201_f3e0, 0xb240_03e3, 0xd280_0020]);
    let found = texts(Arch::Arm64, &code, 0);
    let found: Vec<_> = found.iter().map(|(_, t, _)| t.as_str()).collect();
    assert_eq!(
        found,
        [
            "mov x0, #0xaaaaaaaaaaaaaaaa",
            "orr x3, xzr, #0x1",
            "mov x0, #0x1"
        ]
    );
}

#[test]
fn arm64_system_registers_are_moved_from_and_to_the_register_of_the_word() {
    let code = words(&[0xd51b_42bf, 0xd53b_42b4]);
    let found = texts(Arch::Arm64, &code, 0);
    let found: Vec<_> = found.iter().map(|(_, t, _)| t.as_str()).collect();
    assert_eq!(found, ["msr s3_3_c4_c2_5, xzr", "mrs x20, s3_3_c4_c2_5"]);
}

#[test]
fn arm64_extended_registers_say_how() {
    // add x13,x4,w3,uxtw #2; adds x2,x24,w2,uxtw; add sp,sp,x1 (uxtx, the shift of the stack pointer's own width)
    let code = words(&[0x8b23_488d, 0xab22_4302, 0x8b21_67ff]);
    let found = texts(Arch::Arm64, &code, 0);
    let found: Vec<_> = found.iter().map(|(_, t, _)| t.as_str()).collect();
    assert_eq!(
        found,
        [
            "add x13, x4, w3, uxtw #2",
            "adds x2, x24, w2, uxtw",
            "add sp, sp, x1, lsl #1"
        ]
    );
}

#[test]
fn arm64_words_that_the_architecture_leaves_undefined_are_bad() {
    // orr w10,w0,w25,ror #41; movk w15,#0xc1bd,lsl #32; eor w3,w9 with a 64-bit constant; add extended by five
    let code = words(&[0x2ad9_a40a, 0x72d8_37af, 0x524e_3523, 0x8b23_548d]);
    for (addr, text, _) in texts(Arch::Arm64, &code, 0) {
        assert_eq!(text, BAD, "{addr:x}");
    }
}

proptest! {
    #[test]
    fn every_byte_belongs_to_one_instruction(code: Vec<u8>, at: u64) {
        for arch in [Arch::Amd64, Arch::Arm64] {
            let mut next = Addr(at);
            let mut seen = Vec::new();
            for instruction in instructions(arch, &code, Addr(at)) {
                prop_assert_eq!(instruction.addr, next);
                prop_assert!(!instruction.bytes.is_empty() && !instruction.text.is_empty());
                prop_assert_eq!(instruction.text.contains('$') && arch == Arch::Arm64, false);
                next = instruction.end();
                seen.extend_from_slice(instruction.bytes);
            }
            prop_assert_eq!(&seen, &code);
        }
    }
}

/// Mnemonics that objdump and we spell differently, and why both are right.
const SPELLED_DIFFERENTLY: [(&str, &str, &str); 2] = [
    (
        "<unknown>",
        BAD,
        "no instruction for either: data in the code",
    ),
    (
        "<unknown>",
        "udf",
        "data in the code that looks like UDF, of which LLVM 14 knows #0 only",
    ),
];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

/// Address, then mnemonic and operands, of every line of an `objdump -d`.
fn parse(objdump: &str) -> BTreeMap<u64, String> {
    let line = |line: &str| {
        let (addr, text) = line.trim_start().split_once(':')?;
        let addr = u64::from_str_radix(addr, 16).ok()?;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some((addr, text))
    };
    objdump.lines().filter_map(line).collect()
}

/// What is the same in both, whatever notation is the default: an index that is not scaled, a displacement of zero,
/// segments that string instructions imply, a shift by one, a product that replaces its factor, prefixes of numbers.
fn plain(text: &str) -> String {
    let text = text.split(" # ").next().unwrap_or_default();
    let text = text.split('<').next().unwrap_or_default().trim();
    let mut text = text
        .replace(",1)", ")")
        .replace(" 0x0(", " (")
        .replace(",0x0(", ",(")
        .replace("%es:", "")
        .replace("%ds:", "")
        .replace("0x", "");
    let (mnemonic, operands) = text.split_once(' ').unwrap_or((&text, ""));
    let shifts = ["shl", "shr", "sar", "rcl", "rcr", "rol", "ror"];
    if shifts.iter().any(|shift| mnemonic.starts_with(shift)) {
        text = format!(
            "{mnemonic} {}",
            operands.strip_prefix("$1,").unwrap_or(operands)
        );
    } else if mnemonic == "imul"
        && let Some((factor, to)) = operands.rsplit_once(',')
        && factor.starts_with('$')
        && factor.ends_with(to)
    {
        text = format!("imul {factor}");
    }
    text
}

/// Compares the instructions of an executable with objdump's; how many were compared.
fn compare(name: &str, exe: &Executable<'_>, objdump: &str) -> usize {
    let theirs = parse(objdump);
    let section = exe.section(".text").unwrap();
    let mut wanted: BTreeSet<u64> = theirs.keys().copied().collect();
    let (mut same, mut compared) = (0, 0);
    let mut problems = Vec::new();
    for ours in instructions(exe.arch, section.bytes, Addr(section.addr.0)) {
        let Some(theirs) = theirs.get(&ours.addr.0) else {
            continue;
        };
        wanted.remove(&ours.addr.0);
        compared += 1;
        let mnemonic = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
        let (a, b) = (mnemonic(theirs), mnemonic(&ours.text));
        // Operands are compared where both are binutils' notation.
        let agree = a == b && (exe.arch == Arch::Arm64 || plain(theirs) == plain(&ours.text));
        if agree {
            same += 1;
        } else if !SPELLED_DIFFERENTLY
            .iter()
            .any(|(x, y, _)| (a.as_str(), b.as_str()) == (*x, *y))
        {
            problems.push(format!("{}: {theirs:?}, ours {:?}", ours.addr, ours.text));
        }
    }
    println!("{name}: {compared} instructions compared, {same} the same");
    assert!(
        wanted.is_empty(),
        "{name}: no instruction starts at {wanted:x?}"
    );
    problems.truncate(20);
    assert!(problems.is_empty(), "{name}: {problems:#?}");
    assert!(same * 100 >= compared * 99, "{name}: {same} of {compared}");
    compared
}

#[test]
fn instructions_are_those_that_objdump_prints() {
    let amd64: &[&str] = &["objdump", "-d", "--no-show-raw-insn", "-j", ".text"];
    let cases = [
        ("crash-noopt-go1.27.3-amd64", Some(amd64)),
        ("types-opt-go1.27.3-amd64", Some(amd64)),
        ("crash-noopt-go1.27.3-arm64", None),
    ];
    for (name, live) in cases {
        let file = File::open(corpus().join(format!("fixtures/{name}.exe.zst"))).unwrap();
        let mut bytes = Vec::new();
        ruzstd::decoding::StreamingDecoder::new(file)
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        let arena = SectionArena::default();
        let exe = Executable::parse(&bytes, &arena).unwrap();
        let recorded = File::open(corpus().join(format!("disass/{name}.objdump.txt.gz"))).unwrap();
        let mut text = String::new();
        GzDecoder::new(recorded).read_to_string(&mut text).unwrap();
        assert!(
            compare(name, &exe, &text) > 3000,
            "{name}: nothing compared"
        );
        // Where the host has binutils that know the architecture: every instruction.
        let Some([program, args @ ..]) = live else {
            continue;
        };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        fs::write(&path, &bytes).unwrap();
        if let Ok(output) = Command::new(program).args(args).arg(&path).output()
            && output.status.success()
        {
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(compare(name, &exe, &text) > 100_000, "{name}: of all");
        }
    }
}
