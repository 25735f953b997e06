package machine

import (
	"io/fs"
	"maps"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestFiles(t *testing.T) {
	for name, tc := range map[string]struct{ files, want map[string]string }{
		"nothing": {nil, map[string]string{}},
		"a server": {map[string]string{
			"etc/os-release": "PRETTY_NAME=\"Rocky Linux 9.4 (Blue Onyx)\"\n# a comment\n\nNAME=\"Rocky \\\"Linux\\\"\"\nID='rocky'\n" +
				"ID_LIKE=\"rhel centos fedora\"\nVERSION=\"9.4 (Blue Onyx)\"\nVERSION_ID=9.4",
			"usr/lib/os-release": "NAME=other\n",
			"proc/stat":          "cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\ncpu15 1 2 3\nintr 1\n",
			"proc/cpuinfo":       "processor\t: 0\ncpu MHz\t\t: 1200.5\n",
			"sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "3600000\n",
			"proc/meminfo":               "MemTotal:       16384000 kB\nMemFree: 1 kB\n",
			"sys/block/sda/size":         "2000\n",
			"sys/block/sda/removable":    "0\n",
			"sys/block/sda/device/x":     "",
			"sys/block/nvme0n1/size":     "1000\n",
			"sys/block/nvme0n1/device/x": "", "sys/block/nvme0n1/removable": "0\n",
			"sys/block/sr0/size": "4000\n", "sys/block/sr0/device/x": "", "sys/block/sr0/removable": "1\n",
			"sys/block/dm-0/size": "3000\n", "sys/block/dm-0/removable": "0\n",
		}, map[string]string{
			"NETDATA_SYSTEM_OS_NAME": `Rocky "Linux"`, "NETDATA_SYSTEM_OS_ID": "rocky", "NETDATA_SYSTEM_OS_ID_LIKE": "rhel centos fedora",
			"NETDATA_SYSTEM_OS_VERSION": "9.4 (Blue Onyx)", "NETDATA_SYSTEM_OS_VERSION_ID": "9.4",
			"NETDATA_SYSTEM_OS_DETECTION":          "/etc/os-release",
			"NETDATA_SYSTEM_CPU_LOGICAL_CPU_COUNT": "3", "NETDATA_SYSTEM_CPU_FREQ": "3600000000",
			"NETDATA_SYSTEM_TOTAL_RAM": "16777216000", "NETDATA_SYSTEM_TOTAL_DISK_SIZE": "1536000",
		}},
		"a container": {map[string]string{
			"usr/lib/os-release": "ID=alpine", "proc/cpuinfo": "cpu MHz : 2299.998", ".dockerenv": "",
		}, map[string]string{
			"NETDATA_SYSTEM_OS_ID": "alpine", "NETDATA_SYSTEM_OS_DETECTION": "/usr/lib/os-release", "NETDATA_SYSTEM_CPU_FREQ": "2299998000",
			"NETDATA_SYSTEM_CONTAINER": "docker", "NETDATA_SYSTEM_CONTAINER_DETECTION": "/.dockerenv",
		}},
		"nonsense": {map[string]string{
			"etc/os-release": "=\nNAME\nID=\"\nVERSION=\\\n", "proc/stat": "cpu", "proc/cpuinfo": "cpu MHz: NaN", "proc/meminfo": "MemTotal: 99999999999999999999 kB",
			"sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "-1",
			"sys/block/sda/size": "x", "sys/block/sda/removable": "0", "sys/block/sda/device/x": "",
		}, map[string]string{
			"NETDATA_SYSTEM_OS_NAME": "", "NETDATA_SYSTEM_OS_ID": `"`, "NETDATA_SYSTEM_OS_VERSION": `\`, "NETDATA_SYSTEM_OS_DETECTION": "/etc/os-release",
		}},
	} {
		root := fstest.MapFS{}
		for file, text := range tc.files {
			root[file] = &fstest.MapFile{Data: []byte(text), Mode: fs.ModePerm}
		}
		got := facts{}
		got.files(root)
		if d := cmp.Diff(tc.want, maps.Collect(maps.All(got))); d != "" {
			t.Errorf("%s: -want +got\n%s", name, d)
		}
	}
}

func TestFacts(t *testing.T) {
	got := Facts()
	for _, name := range []string{"KERNEL_NAME", "KERNEL_VERSION", "ARCHITECTURE", "CPU_LOGICAL_CPU_COUNT", "TOTAL_RAM"} {
		if got["NETDATA_SYSTEM_"+name] == "" {
			t.Errorf("no %s in %v", name, got)
		}
	}
	t.Log(got)
}
