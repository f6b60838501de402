import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadDataFile } from "../../datasets/loadDataFile.ts";
import { createRng } from "../../shared/base/rng.ts";
import { DataFormatError } from "../../shared/data/dataFormatError.ts";
import { adultDatasets } from "../../shared/data/tabular/adultDatasets.ts";
import { HEART_HOSPITALS, heartDatasets } from "../../shared/data/tabular/heartDatasets.ts";

/** Rows in the form of the census table, invented. */
const ADULT = [
  "30, Private, 1000, Bachelors, 13, Never-married, Sales, Own-child, White, Male, 0, 0, 40, Elsewhere, <=50K",
  "50, Private, 3000, HS-grad, 9, Divorced, Craft-repair, Husband, Black, Female, 10, 0, 20, ?, >50K",
  "",
].join("\n");
const ADULT_TEST = `|1x3 Cross validator\n${ADULT.replace("<=50K", "<=50K.").replace("Sales", "?")}`;

describe("adultDatasets", () => {
  it("encodes by the training rows, labels incomes above 50K, and groups by occupation", () => {
    const { train, test, encoder, occupations } = adultDatasets(ADULT, ADULT_TEST);
    // 6 numbers; categories 1 + 2 + 2 + 2 + 2 + 2 + 2 and one country, the other being missing.
    expect(encoder.width).toBe(6 + 13 + 1);
    expect(train).toMatchObject({ numExamples: 2, inputShape: [20], targetSize: 1 });
    expect([...train.targets]).toEqual([0, 1]);
    expect([...test.targets]).toEqual([0, 1]);
    expect([...train.inputs.slice(0, 3)]).toEqual([-1, 1, -1]); // age 30 of 30 and 50; Private; fnlwgt 1000
    expect(occupations).toEqual(["?", "Craft-repair", "Sales"]);
    expect([...(train.groups ?? [])]).toEqual([2, 1]);
    expect([...(test.groups ?? [])]).toEqual([0, 1]);
  });

  it("refuses rows of another length and other labels", () => {
    expect(() => adultDatasets("30, Private\n", ADULT_TEST)).toThrow("line 1 expected 15 cells, got 2");
    expect(() => adultDatasets(ADULT.replace(">50K", "rich"), ADULT_TEST)).toThrow('got "rich"');
    expect(() => adultDatasets("", ADULT_TEST)).toThrow(DataFormatError);
  });
});

/** Ten invented patients a hospital, every second of them ill; hospital 2 does not measure cholesterol. */
function hospital(number: number): string {
  const patient = (at: number): string =>
    `${40 + at},${at % 2},${1 + (at % 4)},120,${number === 2 ? "?" : 200 + at},0,0,150,0,1.5,${at % 2 ? "3.0" : "3"},?,3,${at % 2 ? 1 + (at % 4) : 0}`;
  return `${Array.from({ length: 10 }, (_, at) => patient(at)).join("\n")}\n`;
}
const HOSPITALS = [0, 1, 2, 3].map(hospital);

describe("heartDatasets", () => {
  it("holds a fifth of each hospital out, ill and well alike", () => {
    const { train, test } = heartDatasets(HOSPITALS, createRng(1));
    expect([train.numExamples, test.numExamples]).toEqual([32, 8]);
    const cells = [...test.targets.keys()].map((row) => `${test.groups?.[row]} ${test.targets[row]}`);
    expect(cells.sort()).toEqual(["0 0", "0 1", "1 0", "1 1", "2 0", "2 1", "3 0", "3 1"]);
  });

  it("marks what was not measured and reads 3.0 as category 3", () => {
    const { train, encoder } = heartDatasets(HOSPITALS, createRng(1));
    const column = (name: string) => encoder.columns.find((one) => one.name === name);
    expect(column("slope")).toEqual({ name: "slope", kind: "category", categories: ["3"] });
    expect(column("chol")).toMatchObject({ marksMissing: true });
    expect(column("age")).toMatchObject({ marksMissing: false });
    const marks = [...train.targets.keys()].map((row) => train.inputs[row * encoder.width + 8]); // age, sex, 4 cp, trestbps, chol
    expect(marks).toEqual([...(train.groups ?? [])].map((number) => (number === 2 ? 1 : 0)));
  });

  it("refuses rows of another length and diagnoses beyond 4, naming the hospital", () => {
    const broken = (text: string) => () => heartDatasets([text, ...HOSPITALS.slice(1)], createRng(1));
    expect(broken("1,2,3\n")).toThrow("heart disease (cleveland) line 1 expected 14 cells, got 3");
    expect(broken((HOSPITALS[0] as string).replace(",0\n", ",5\n"))).toThrow('expected 0 .. 4, got "5"');
  });
});

describe("loadDataFile with folders", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "headwater-tables-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("reads the census table, plain or gzip, and says what a folder lacks", async () => {
    await writeFile(join(folder, "adult.data"), ADULT);
    await expect(loadDataFile({ adult: folder }, 1)).rejects.toThrow("expected adult.test or adult.test.gz");
    await writeFile(join(folder, "adult.test.gz"), gzipSync(ADULT_TEST));
    const { train, test, notes } = await loadDataFile({ adult: folder }, 1);
    expect([train.numExamples, test?.numExamples]).toEqual([2, 2]);
    expect(notes[0]).toContain("20 inputs, 3 occupations");
  });

  it("reads the four hospitals", async () => {
    for (const [number, text] of HOSPITALS.entries()) {
      await writeFile(join(folder, `processed.${HEART_HOSPITALS[number]}.data`), text);
    }
    const { train, test } = await loadDataFile({ heart: folder }, 1);
    expect([train.numExamples, test?.numExamples]).toEqual([32, 8]);
  });
});
