// Models and packages that no server has seen before: ONNX files and zips written from their
// formats' descriptions, with weights drawn at random.

import { deflateRawSync } from "node:zlib";

/** What a linear model answers: the weighted sum of a row, and a constant. */
export interface Linear {
  weights: number[];
  constant: number;
}

/** A linear model of so many columns. Its numbers are 32-bit floats, so that both sides reckon alike. */
export function linear(columns: number): Linear {
  const number = () => Math.fround(Math.round((Math.random() - 0.5) * 2_000) / 100);
  return { weights: Array.from({ length: columns }, number), constant: number() };
}

export function answer({ weights, constant }: Linear, row: number[]): number {
  return row.reduce((sum, value, column) => sum + value * weights[column]!, constant);
}

// Protocol buffers: https://protobuf.dev/programming-guides/encoding, and onnx.proto of ONNX 1.16.

function varint(value: number): Buffer {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

const whole = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);

function part(field: number, ...content: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(content.map((one) => (typeof one === "string" ? Buffer.from(one) : one)));
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

const FLOAT = 1;

/** A tensor's name and type: rows as many as there are, and `width` columns. */
function tensor(field: number, name: string, width: number): Buffer {
  const shape = part(2, part(1, part(2, "N")), part(1, whole(1, width)));
  return part(field, part(1, name), part(2, part(1, whole(1, FLOAT), shape)));
}

function weights(name: string, dims: number[], values: number[]): Buffer {
  const raw = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => raw.writeFloatLE(value, index * 4));
  return part(5, ...dims.map((dim) => whole(1, dim)), whole(2, FLOAT), part(8, name), part(9, raw));
}

function node(kind: string, inputs: string[], output: string, ...attributes: Buffer[]): Buffer {
  return part(1, ...inputs.map((name) => part(1, name)), part(2, output), part(4, kind), ...attributes);
}

function model(...graph: Buffer[]): Buffer {
  return Buffer.concat([whole(1, 8), part(2, "portico-tests"), part(7, ...graph, part(2, "graph")), part(8, whole(2, 17))]);
}

/** `output = input × weights + constant`; `input` is one matrix, as skl2onnx writes it. */
export function linearModel({ weights: w, constant }: Linear, input = "X", output = "variable"): Buffer {
  return model(
    node("MatMul", [input, "w"], "sum"),
    node("Add", ["sum", "c"], output),
    weights("w", [w.length, 1], w),
    weights("c", [1], [constant]),
    tensor(11, input, w.length),
    tensor(12, output, 1),
  );
}

/** A stage of preparation: `output = input × factor`, column by column. */
export function scaling(factor: number, columns: number, input: string, output: string): Buffer {
  return model(
    node("Mul", [input, "factor"], output),
    weights("factor", [1], [factor]),
    tensor(11, input, columns),
    tensor(12, output, columns),
  );
}

// Zip: APPNOTE.TXT 4.3.

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A zip of files by their names, whatever names they have. */
export function zip(files: Record<string, Buffer | string>): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const plain = Buffer.from(content);
    const packed = deflateRawSync(plain);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt16LE(0x5821, 8);
    common.writeUInt32LE(crc32(plain), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(plain.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, rest, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** A package: a stage that scales, then a linear model that endpoints may replace. */
export function scaledPackage(name: string, columns: string[], factor: number, fitted: Linear, resource: string): Buffer {
  const rows = [1, 2, 3].map((row) => columns.map((_, column) => row + column / 2));
  const expected = rows.map((row) => answer(fitted, row.map((value) => value * factor)));
  return zip({
    "manifest.json": JSON.stringify({
      name,
      description: "",
      stages: [{ file: "prepare.onnx" }, { file: "model.onnx", resource }],
      inputs: columns.map((column) => ({ name: column, type: "double", nullable: false, description: "", tensor: "raw" })),
      outputs: [{ tensor: "variable", column: "Scored Labels", kind: "value" }],
      parameters: [],
    }),
    "prepare.onnx": scaling(factor, columns.length, "raw", "X"),
    "model.onnx": linearModel(fitted),
    "samples.csv": [columns, ...rows].map((row) => row.join(",")).join("\n") + "\n",
    "expected.csv": ["Scored Labels", ...expected].join("\n") + "\n",
  });
}
