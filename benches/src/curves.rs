//! Plots how the cost of a request grows with its work, compared with the floor's.

use std::{fs, path::Path};

use crate::{
    failure::Failure,
    load,
    process::{Programs, Server},
    report::lower_quartile,
    requests,
    svg::Plot,
};

/// Writes every plot to the folder.
pub(crate) fn plot(programs: &Programs, out: &Path, quick: bool) -> Result<(), Failure> {
    fs::create_dir_all(out)?;
    let bench = Curves { programs, out, quick };
    bench.regions()?;
    bench.connections()?;
    bench.responses()?;
    bench.copied()?;
    bench.controls()
}

struct Curves<'a> {
    programs: &'a Programs,
    out: &'a Path,
    quick: bool,
}

/// One point of a curve: what is measured there.
struct Point {
    x: f64,
    regions: usize,
    connections: usize,
    request: Vec<u8>,
    count: u64,
    status: u16,
}

impl Curves<'_> {
    fn regions(&self) -> Result<(), Failure> {
        let points = [1, 2, 4, 8, 16, 32, 64].map(|regions| Point {
            x: regions as f64,
            regions,
            connections: 64,
            request: requests::create_room(),
            count: 20_000,
            status: 200,
        });
        self.draw(
            "regions",
            "CreateRoom, 64 connections spread over the regions",
            "regions",
            points,
        )
    }

    fn connections(&self) -> Result<(), Failure> {
        let points = [1, 3, 10, 30, 100, 300, 1000].map(|connections| Point {
            x: connections as f64,
            regions: 4,
            connections,
            request: requests::create_room(),
            count: 20_000,
            status: 200,
        });
        self.draw("connections", "CreateRoom", "connections", points)
    }

    /// A scripted answer is sent in a header, so it can't be larger than a head.
    fn responses(&self) -> Result<(), Failure> {
        let points = [30, 100, 300, 1_000, 3_000, 10_000, 30_000].map(|size| {
            let name = "a".repeat(size);
            let control = format!("{{\"response\":{{\"name\":\"{name}\"}}}}");
            Point {
                x: size as f64,
                regions: 1,
                connections: 16,
                request: requests::create_room_with(&[("x-lk-mock", &control)], "my-room"),
                count: if size > 5_000 { 4_000 } else { 20_000 },
                status: 200,
            }
        });
        self.draw("responses", "CreateRoom, the answer scripted", "bytes of the response", points)
    }

    /// Larger answers repeat what the request holds.
    fn copied(&self) -> Result<(), Failure> {
        let sizes = [30, 300, 3_000, 30_000, 100_000, 300_000, 1 << 20];
        let points = sizes.map(|size| Point {
            x: size as f64,
            regions: 1,
            connections: 16,
            request: requests::create_room_with(&[], &"a".repeat(size)),
            count: (60_000_000 / (size as u64 + 3_000)).max(200),
            status: 200,
        });
        self.draw(
            "copied",
            "CreateRoom, the answer repeats the request",
            "bytes of the room's name",
            points,
        )
    }

    /// The longest control is a list, of which every item is read.
    fn controls(&self) -> Result<(), Failure> {
        // The point at 1 has no control, and so no failure.
        let points = [1, 2, 30, 100, 300, 1_000, 3_000, 10_000, 32_768].map(|size| {
            let items = vec!["0"; size / 2].join(",");
            let control = format!("{{\"failRegions\":[{items}]}}");
            let headers = [("x-lk-mock", control.as_str())];
            let headers = if size == 1 { &[][..] } else { &headers[..] };
            Point {
                x: size as f64,
                regions: 1,
                connections: 16,
                request: requests::create_room_with(headers, "my-room"),
                count: if size > 2_000 { 4_000 } else { 20_000 },
                status: if size == 1 { 200 } else { 503 },
            }
        });
        self.draw(
            "controls",
            "CreateRoom, a 503 by a long list of regions",
            "bytes of the list",
            points,
        )
    }

    fn draw(
        &self,
        file: &str,
        title: &str,
        x: &str,
        points: impl IntoIterator<Item = Point>,
    ) -> Result<(), Failure> {
        let (mut mocks, mut floors) = (Vec::new(), Vec::new());
        println!("{title}\n  {x:>26} {:>14} {:>10} {:>7}", "livekit-mock", "floor", "ratio");
        for point in points {
            let (mock, floor) = self.measure(&point)?;
            println!("  {:>26} {mock:>11.2} us {floor:>7.2} us {:>6.2}x", point.x, mock / floor);
            mocks.push((point.x, mock));
            floors.push((point.x, floor));
        }
        let plot = Plot {
            title,
            x,
            y: "processor time a request, in microseconds",
            lines: vec![("livekit-mock", mocks), ("bare hyper", floors)],
        };
        fs::write(self.out.join(format!("{file}.svg")), plot.svg())?;
        Ok(())
    }

    /// The processor time of a request, of the mock and of the floor, which are measured alternately.
    fn measure(&self, point: &Point) -> Result<(f64, f64), Failure> {
        let mock = self.programs.start_mock(point.regions)?;
        let answer = load::once(mock.addresses[0], &point.request)?;
        let floor = self.programs.start_floor(point.regions, &answer, 0)?;
        let requests = [point.request.clone()];
        let count = if self.quick { point.count / 20 } else { point.count / 2 }.max(50);
        let one = |server: &Server| -> Result<f64, Failure> {
            let before = server.cpu()?;
            load::run(&server.addresses, point.connections, &requests, count, point.status)?;
            Ok((server.cpu()? - before) as f64 / 1000.0 / count as f64)
        };
        let (mut mocks, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..if self.quick { 1 } else { 11 } {
            mocks.push(one(&mock)?);
            floors.push(one(&floor)?);
        }
        Ok((lower_quartile(mocks), lower_quartile(floors)))
    }
}
