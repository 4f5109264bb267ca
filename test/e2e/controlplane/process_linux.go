package controlplane

import (
	"bufio"
	"bytes"
	"strconv"
	"strings"
	"syscall"
)

// diesWithUs: its own process group, so that Ctrl-C reaches us first; killed by the kernel should we be killed.
func diesWithUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func statusMiB(status []byte, key string) int {
	lines := bufio.NewScanner(bytes.NewReader(status))
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), key); ok {
			kib, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(value, "kB")))
			return kib / 1024
		}
	}
	return 0
}
