// SPDX-License-Identifier: Apache-2.0
// Plays a .glb, .vrm or .fbx with three.js and writes where the vertices of one mesh are; see read_exports.py.
//   node read_exports.mjs FOLDER_OF_NODE_MODULES FILE NAME "[times in s]" OUTPUT
// Without NAME it says how many errors Khronos's validator finds.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [, , modules, file, name, times, output] = process.argv;
if (name === undefined) {
  const place = path.join(path.resolve(modules), "node_modules", "gltf-validator", "index.js");
  const { default: validator } = await import(pathToFileURL(place).href);
  const { issues } = await validator.validateBytes(new Uint8Array(fs.readFileSync(file)));
  console.log(`${issues.numErrors} errors, ${issues.numWarnings} warnings`);
  process.exit(issues.numErrors ? 1 : 0);
}
const three = path.join(path.resolve(modules), "node_modules", "three");
const load = (place) => import(pathToFileURL(path.join(three, place)).href);
globalThis.self = globalThis;
globalThis.document ??= { createElementNS: () => ({ style: {}, addEventListener() {}, removeEventListener() {} }) };
const THREE = await load("build/three.module.js"); // the very module that its loaders import

async function opened() {
  const data = fs.readFileSync(file);
  const buffer = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  if (file.endsWith(".fbx")) {
    const { FBXLoader } = await load("examples/jsm/loaders/FBXLoader.js");
    const scene = new FBXLoader().parse(buffer, "");
    return { scene, animations: scene.animations };
  }
  const { GLTFLoader } = await load("examples/jsm/loaders/GLTFLoader.js");
  return new Promise((resolve, reject) => new GLTFLoader().parse(buffer, "", resolve, reject));
}

function meshesOf(scene) {
  const plain = (text) => text.replaceAll(" ", "_");
  const found = [];
  scene.traverse((each) => {
    for (let up = each; up && each.isMesh; up = up.parent) {
      if (plain(up.name) === name || plain(up.name).startsWith(name + "_") && up.isMesh) {
        found.push(each);
        break;
      }
    }
  });
  return found;
}

// A model of VRM with the animation beside it, by the library that most viewers of VRM use.
async function openedVrm() {
  const pixiv = path.join(path.resolve(modules), "node_modules", "@pixiv");
  const from = (place) => import(pathToFileURL(path.join(pixiv, place)).href);
  const { VRMLoaderPlugin } = await from("three-vrm/lib/three-vrm.module.js");
  const { VRMAnimationLoaderPlugin, createVRMAnimationClip, VRMLookAtQuaternionProxy } = await from(
    "three-vrm-animation/lib/three-vrm-animation.module.js",
  );
  const { GLTFLoader } = await load("examples/jsm/loaders/GLTFLoader.js");
  const parsed = async (place) => {
    const loader = new GLTFLoader();
    loader.register((parser) => new VRMLoaderPlugin(parser));
    loader.register((parser) => new VRMAnimationLoaderPlugin(parser));
    const data = fs.readFileSync(place);
    return loader.parseAsync(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength), "");
  };
  const { vrm } = (await parsed(file)).userData;
  const [about] = (await parsed(file.replace(/\.vrm$/, ".vrma"))).userData.vrmAnimations;
  if (vrm.lookAt) {
    const proxy = new VRMLookAtQuaternionProxy(vrm.lookAt);
    proxy.name = "lookAtQuaternionProxy";
    vrm.scene.add(proxy);
  }
  return { scene: vrm.scene, animations: [createVRMAnimationClip(about, vrm)], vrm };
}

const { scene, animations, vrm } = file.endsWith(".vrm") ? await openedVrm() : await opened();
if (animations.length !== 1) throw new Error(`${animations.length} animations in place of one`);
const mixer = new THREE.AnimationMixer(scene);
const action = mixer.clipAction(animations[0]);
action.setLoop(THREE.LoopOnce);
action.clampWhenFinished = true;
action.play();
const meshes = meshesOf(scene);
const rows = [];
const point = new THREE.Vector3();
for (const time of JSON.parse(times)) {
  mixer.setTime(Math.min(time, animations[0].duration));
  vrm?.update(0);
  scene.updateMatrixWorld(true);
  for (const mesh of meshes) {
    mesh.skeleton?.update();
    for (let k = 0; k < mesh.geometry.attributes.position.count; k++) {
      mesh.getVertexPosition(k, point).applyMatrix4(mesh.matrixWorld);
      rows.push(point.x, point.y, point.z);
    }
  }
}
fs.writeFileSync(output, Buffer.from(new Float32Array(rows).buffer));
