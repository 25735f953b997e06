package machine

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Facts returns the facts by name. It reads some small files of the system.
func Facts() map[string]string {
	f := facts{}
	f.kernel()
	f.files(os.DirFS("/"))
	return f
}

type facts map[string]string

func (f facts) kernel() {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return
	}
	f["NETDATA_SYSTEM_KERNEL_NAME"] = unix.ByteSliceToString(u.Sysname[:])
	f["NETDATA_SYSTEM_KERNEL_VERSION"] = unix.ByteSliceToString(u.Release[:])
	f["NETDATA_SYSTEM_ARCHITECTURE"] = unix.ByteSliceToString(u.Machine[:])
}

// files takes the facts that are in files below root.
func (f facts) files(root fs.FS) {
	f.system(root)
	if n := cpus(root); n > 0 {
		f["NETDATA_SYSTEM_CPU_LOGICAL_CPU_COUNT"] = strconv.Itoa(n)
	}
	if hz := frequency(root); hz > 0 {
		f["NETDATA_SYSTEM_CPU_FREQ"] = strconv.FormatUint(hz, 10)
	}
	if kib, ok := number(valueOf(read(root, "proc/meminfo"), "MemTotal")); ok {
		f["NETDATA_SYSTEM_TOTAL_RAM"] = strconv.FormatUint(kib<<10, 10)
	}
	if size := disks(root); size > 0 {
		f["NETDATA_SYSTEM_TOTAL_DISK_SIZE"] = strconv.FormatUint(size, 10)
	}
	for _, c := range []struct{ file, container string }{{".dockerenv", "docker"}, {"run/.containerenv", "podman"}} {
		if _, err := fs.Stat(root, c.file); err == nil {
			f["NETDATA_SYSTEM_CONTAINER"], f["NETDATA_SYSTEM_CONTAINER_DETECTION"] = c.container, "/"+c.file
		}
	}
}

// system takes the name and the version of the system, see os-release(5).
func (f facts) system(root fs.FS) {
	for _, file := range []string{"etc/os-release", "usr/lib/os-release"} {
		text := read(root, file)
		if text == "" {
			continue
		}
		for line := range strings.Lines(text) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			switch name {
			case "NAME", "ID", "ID_LIKE", "VERSION", "VERSION_ID":
				f["NETDATA_SYSTEM_OS_"+name] = unquote(value)
			}
		}
		f["NETDATA_SYSTEM_OS_DETECTION"] = "/" + file
		return
	}
}

// unquote returns the value of a shell assignment, of the kinds that os-release(5) allows.
func unquote(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		s = s[1 : n-1]
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// cpus counts the processors that are online.
func cpus(root fs.FS) int {
	n := 0
	for line := range strings.Lines(read(root, "proc/stat")) {
		if rest, ok := strings.CutPrefix(line, "cpu"); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			n++
		}
	}
	return n
}

// frequency returns the highest frequency of the first processor, or the present one when the highest is not told; in Hz.
func frequency(root fs.FS) uint64 {
	if khz, ok := number(read(root, "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq")); ok {
		return khz * 1000
	}
	mhz, err := strconv.ParseFloat(valueOf(read(root, "proc/cpuinfo"), "cpu MHz"), 64)
	if err != nil || !(mhz > 0 && mhz < 1e6) {
		return 0
	}
	return uint64(mhz * 1e6)
}

// disks returns the size of all disks together, in bytes. Devices made of others, and those that can be taken out, do
// not count.
func disks(root fs.FS) uint64 {
	devices, err := fs.ReadDir(root, "sys/block")
	if err != nil {
		return 0
	}
	total := uint64(0)
	for _, d := range devices {
		dir := path.Join("sys/block", d.Name())
		if _, err := fs.Stat(root, path.Join(dir, "device")); err != nil {
			continue
		}
		if removable, ok := number(read(root, path.Join(dir, "removable"))); !ok || removable != 0 {
			continue
		}
		if sectors, ok := number(read(root, path.Join(dir, "size"))); ok {
			total += sectors * 512
		}
	}
	return total
}

// valueOf returns the value of the first line "name: value" in text.
func valueOf(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// number parses the number that s begins with, up to a blank.
func number(s string) (uint64, bool) {
	first, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	n, err := strconv.ParseUint(first, 10, 54) // so that units and sectors do not overflow
	return n, err == nil
}

// read returns the content of a file, nothing when it cannot be read.
func read(root fs.FS, name string) string {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return string(b)
}
