// Runs TensorFlow.js graph models on stored inputs and stores their outputs: the part of
// record_original_outputs.py that needs Node.js. Not meant to be called by hand.
//
// Usage: node record_original_outputs.cjs JOBS.json
// JOBS.json: [{model: "x.json", weights: "x.bin", input: "in.bin", shape: [...], type: "int32" | "float32",
//              output: "out"}, ...]; the n-th output goes to out.n.bin, float32. Prints each output's shape.
const fs = require("fs");
const path = require("path");
const tf = require("@tensorflow/tfjs-core");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");
const wasm = require("@tensorflow/tfjs-backend-wasm");

const buffer = (file) => {
  const bytes = fs.readFileSync(file);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
};

async function main() {
  wasm.setWasmPaths(path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm")) + "/");
  await tf.setBackend("wasm");
  for (const job of JSON.parse(fs.readFileSync(process.argv[2], "utf8"))) {
    const description = JSON.parse(fs.readFileSync(job.model, "utf8"));
    const model = await loadGraphModel(
      tf.io.fromMemory({
        ...description,
        weightSpecs: description.weightsManifest.flatMap((group) => group.weights),
        weightData: buffer(job.weights),
      }),
    );
    const values = job.type === "int32" ? new Int32Array(buffer(job.input)) : new Float32Array(buffer(job.input));
    const names = Object.values(description.signature.outputs).map((output) => output.name);
    const outputs = await model.executeAsync({ [model.inputs[0].name]: tf.tensor(values, job.shape, job.type) }, names);
    const list = Array.isArray(outputs) ? outputs : [outputs];
    for (const [index, output] of list.entries()) {
      fs.writeFileSync(`${job.output}.${index}.bin`, Buffer.from((await output.data()).buffer.slice(0)));
      console.log(path.basename(job.output), index, output.dtype, JSON.stringify(output.shape));
    }
  }
}

main();
