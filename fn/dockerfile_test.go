package fn

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// buildVariable holds the flags that make image gave to docker build; with it the Dockerfile is
// built again, which takes minutes.
const buildVariable = "AMBIENT_PROFILE_DOCKER_BUILD"

// An imageConfig is the part of docker image inspect that is a promise to users.
type imageConfig struct {
	ID           string
	Architecture string
	Config       struct {
		User       string
		Entrypoint []string
		Env        []string
		Labels     map[string]string
	}
	RootFS struct{ Layers []string }
}

func dockerfileImage(t *testing.T) (image string, flags []string) {
	t.Helper()
	image, flags = os.Getenv(imageVariable), strings.Fields(os.Getenv(buildVariable))
	if image == "" || flags == nil {
		t.Skip("NOT TESTED: the Dockerfile; make image-test builds it and runs this")
	}
	needDocker(t)
	return image, flags
}

func TestDockerfileImageHoldsTheProgramAndNobody(t *testing.T) {
	image, _ := dockerfileImage(t)
	config := inspect(t, image)
	if config.Config.User != "65534:65534" || !slices.Equal(config.Config.Entrypoint, []string{"/ambient-profile"}) {
		t.Errorf("user %q, entrypoint %q", config.Config.User, config.Config.Entrypoint)
	}
	for _, label := range []string{"title", "description", "source", "licenses", "version", "revision"} {
		if config.Config.Labels["org.opencontainers.image."+label] == "" {
			t.Errorf("the label org.opencontainers.image.%s is missing", label)
		}
	}
	files, program := imageFiles(t, image)
	if want := []string{"ambient-profile 755", "etc 755", "etc/passwd 644"}; !slices.Equal(files, want) {
		t.Errorf("the image holds %q, want %q", files, want)
	}
	staticAndStripped(t, program, elf.EM_X86_64)
	_, version, _ := docker(t, "", "run", "--rm", image, "version")
	part(t, "version", version, "commit "+config.Config.Labels["org.opencontainers.image.revision"]+"\n")
	part(t, "version", version, "ambient-profile "+config.Config.Labels["org.opencontainers.image.version"]+"\n")
}

// A second build from nothing gives the same layers. (The classic builder writes the time of the
// build into the image's configuration; the release's OCI layout is the same to the last digest.)
func TestDockerfileBuildsTheSameAgain(t *testing.T) {
	image, flags := dockerfileImage(t)
	again := buildImage(t, "again", append(flags, "--no-cache")...)
	if first, second := inspect(t, image).RootFS.Layers, inspect(t, again).RootFS.Layers; !slices.Equal(first, second) {
		t.Errorf("layers %q, then %q", first, second)
	}
}

func TestDockerfileBuildsForArm64(t *testing.T) {
	_, flags := dockerfileImage(t)
	buildx := exec.Command("docker", "buildx", "version").Run() == nil
	if buildx {
		flags = append(flags, "--load", "--platform", "linux/arm64")
	} else {
		flags = append(flags, "--build-arg", "TARGETARCH=arm64")
	}
	image := buildImage(t, "arm64", flags...)
	_, program := imageFiles(t, image)
	staticAndStripped(t, program, elf.EM_AARCH64)
	t.Run("label", func(t *testing.T) {
		if !buildx {
			t.Skip("NOT TESTED: the architecture that the image names; the classic builder writes its own, and buildx is not installed (the release's image is tested for it)")
		}
		if arch := inspect(t, image).Architecture; arch != "arm64" {
			t.Errorf("the image is for %s", arch)
		}
	})
}

func buildImage(t *testing.T, tag string, flags ...string) string {
	t.Helper()
	name := "ambient-profile.test/" + tag + ":" + itoa(os.Getpid())
	args := append([]string{"build", "-q", "-t", name}, flags...)
	if code, _, stderr := docker(t, "", append(args, "..")...); code != 0 {
		t.Fatalf("docker build: %s", stderr)
	}
	t.Cleanup(func() { docker(t, "", "rmi", name) })
	return name
}

func inspect(t *testing.T, image string) imageConfig {
	t.Helper()
	code, out, stderr := docker(t, "", "image", "inspect", image)
	if code != 0 {
		t.Fatal(stderr)
	}
	var configs []imageConfig
	if err := json.Unmarshal([]byte(out), &configs); err != nil || len(configs) != 1 {
		t.Fatalf("docker image inspect: %v: %s", err, out)
	}
	return configs[0]
}

// imageFiles are the files of an image's layers, with their modes, and the program among them.
func imageFiles(t *testing.T, image string) (files []string, program []byte) {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "image.tar")
	if out, err := exec.Command("docker", "save", "-o", archive, image).CombinedOutput(); err != nil {
		t.Fatalf("docker save: %v: %s", err, out)
	}
	saved := untar(t, must(os.ReadFile(archive)))
	var manifest []struct{ Layers []string }
	if err := json.Unmarshal(saved["manifest.json"].content, &manifest); err != nil {
		t.Fatal(err)
	}
	for _, layer := range manifest[0].Layers {
		for name, file := range untar(t, saved[layer].content) {
			files = append(files, name+" "+file.mode)
			if name == "ambient-profile" {
				program = file.content
			}
			if !file.modified.Equal(sourceDate()) {
				t.Errorf("%s is of %v, not of the source's time %v", name, file.modified, sourceDate())
			}
		}
	}
	slices.Sort(files)
	return files, program
}

// sourceDate is what make image gives as SOURCE_DATE_EPOCH.
func sourceDate() time.Time {
	var seconds int64
	for _, flag := range strings.Fields(os.Getenv(buildVariable)) {
		if value, ok := strings.CutPrefix(flag, "SOURCE_DATE_EPOCH="); ok {
			seconds = must(strconv.ParseInt(value, 10, 64))
		}
	}
	return time.Unix(seconds, 0)
}

type tarFile struct {
	mode     string
	modified time.Time
	content  []byte
}

func untar(t *testing.T, data []byte) map[string]tarFile {
	t.Helper()
	files := map[string]tarFile{}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(header.Name, "./"), "/")
		if _, twice := files[name]; twice {
			t.Errorf("%s is in the archive twice: %v", name, slices.Sorted(maps.Keys(files)))
		}
		files[name] = tarFile{strconv.FormatInt(header.Mode&0o777, 8), header.ModTime, must(io.ReadAll(r))}
	}
}

func staticAndStripped(t *testing.T, program []byte, machine elf.Machine) {
	t.Helper()
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	if file.Machine != machine {
		t.Errorf("the program is for %v, want %v", file.Machine, machine)
	}
	if slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Error("the program is not static")
	}
	if file.Section(".symtab") != nil || file.Section(".debug_info") != nil {
		t.Error("the program is not stripped")
	}
}

// The build gets every directory of which the program needs a package: .dockerignore lists what it
// reads.
func TestTheBuildGetsEveryPackage(t *testing.T) {
	ignore := read(t, "../.dockerignore")
	for _, path := range strings.Fields(string(must(exec.Command("go", "list", "-deps", programPackage, "../image").Output()))) {
		ours, found := strings.CutPrefix(path, module)
		if top, _, _ := strings.Cut(ours, "/"); found && !strings.Contains(ignore, "\n!"+top+"\n") {
			t.Errorf("%s is not in the build: .dockerignore does not name %s", ours, top)
		}
	}
}
