//! Reads what a dying Go program printed under GOTRACEBACK=crash: every goroutine with frames, pcs and stack
//! pointers. The oracle for unwinding.

/// One goroutine of the text.
#[derive(Debug, Default)]
pub struct PrintedGoroutine {
    /// Its id; g0 prints as 0.
    pub id: u64,
    /// The line that begins it.
    pub header: String,
    /// Its frames, innermost first.
    pub frames: Vec<PrintedFrame>,
    /// How many frames stand before `...additional frames elided...`.
    pub elided_at: Option<usize>,
}

/// One frame of the text.
#[derive(Debug, Default)]
pub struct PrintedFrame {
    pub function: String,
    pub args: String,
    pub file: String,
    pub line: u32,
    /// Zero where not printed: for inlined calls.
    pub pc: u64,
    pub sp: u64,
    pub fp: u64,
}

impl PrintedFrame {
    /// Only physical frames print their stack pointer.
    pub fn inlined(&self) -> bool {
        self.sp == 0
    }
}

/// Every goroutine in the order printed. One may come twice: a signal makes each thread print its own.
pub fn goroutines(text: &str) -> Vec<PrintedGoroutine> {
    let mut out: Vec<PrintedGoroutine> = Vec::new();
    let mut open = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(id) = header(line) {
            out.push(PrintedGoroutine {
                id,
                header: line.to_owned(),
                ..PrintedGoroutine::default()
            });
            open = true;
            continue;
        }
        if line.is_empty() || line.starts_with("created by ") || line.starts_with("runtime stack:")
        {
            open = false;
        }
        let Some(goroutine) = out.last_mut().filter(|_| open) else {
            continue;
        };
        if line.starts_with("...") {
            goroutine.elided_at = Some(goroutine.frames.len());
        }
        if let Some(place) = lines.peek().and_then(|next| next.strip_prefix('\t'))
            && let Some(frame) = frame(line, place)
        {
            goroutine.frames.push(frame);
            lines.next();
        }
    }
    out
}

/// The number of a `goroutine N … [status]:` line.
fn header(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("goroutine ")?;
    rest.ends_with("]:").then_some(())?;
    rest.split(' ').next()?.parse().ok()
}

/// `main.(*T).F(0x1, {0x2})` and `/src/x.go:23 +0x4 fp=0x… sp=0x… pc=0x…`.
fn frame(call: &str, place: &str) -> Option<PrintedFrame> {
    let inner = call.strip_suffix(')')?;
    let mut depth = 1;
    let open = inner.char_indices().rev().find_map(|(at, c)| {
        depth += i32::from(c == ')') - i32::from(c == '(');
        (depth == 0).then_some(at)
    })?;
    let mut words = place.split(' ');
    let (file, line) = words.next()?.rsplit_once(':')?;
    let mut out = PrintedFrame {
        function: inner[..open].to_owned(),
        args: inner[open + 1..].to_owned(),
        file: file.to_owned(),
        line: line.parse().ok()?,
        ..PrintedFrame::default()
    };
    for word in words {
        if let Some((key, value)) = word.split_once("=0x") {
            let value = u64::from_str_radix(value, 16).ok()?;
            match key {
                "fp" => out.fp = value,
                "sp" => out.sp = value,
                "pc" => out.pc = value,
                _ => {}
            }
        }
    }
    Some(out)
}
