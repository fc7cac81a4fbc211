# Makes dist\twotime-<version>-windows-x86_64.exe from dist\twotime with Inno Setup.
#
# Signs every program and library, the installer and the uninstaller when
# TWOTIME_SIGN_CERTIFICATE (PKCS 12 in base64) and TWOTIME_SIGN_PASSWORD are set;
# otherwise says that nothing is signed.
$ErrorActionPreference = "Stop"
Set-Location (Join-Path $PSScriptRoot "..\..")

function Find-Program([string] $Name, [string[]] $Places) {
    $onPath = Get-Command $Name -ErrorAction SilentlyContinue
    if ($onPath) { return $onPath.Source }
    $found = Get-ChildItem $Places -ErrorAction SilentlyContinue | Sort-Object FullName
    if (-not $found) { throw "$Name was not found; install it and try again" }
    return $found[-1].FullName
}

function Invoke-Checked([string] $Program, [string[]] $Arguments) {
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program ended with exit code $LASTEXITCODE" }
}

if (-not (Test-Path "dist\twotime\twotime.exe")) {
    throw "dist\twotime: no frozen program there; run ``make bundle`` first"
}
$stated = Select-String -Path "engine\__init__.py" -Pattern '^__version__ = "(.+)"$'
$version = $stated.Matches[0].Groups[1].Value
$compiler = Find-Program "iscc" @(
    "${env:ProgramFiles(x86)}\Inno Setup 6\ISCC.exe", "$env:ProgramFiles\Inno Setup 6\ISCC.exe"
)
$arguments = @("/Qp", "/DVersion=$version")
$page = Select-String -Path "pyproject.toml" -Pattern '^Homepage = "(.+)"$'
if ($page) { $arguments += "/DHomepage=$($page.Matches[0].Groups[1].Value)" }
$certificate = $null

try {
    if ($env:TWOTIME_SIGN_CERTIFICATE -and $env:TWOTIME_SIGN_PASSWORD) {
        $signtool = Find-Program "signtool" @(
            "${env:ProgramFiles(x86)}\Windows Kits\10\bin\*\x64\signtool.exe"
        )
        $certificate = New-TemporaryFile
        [IO.File]::WriteAllBytes(
            $certificate, [Convert]::FromBase64String($env:TWOTIME_SIGN_CERTIFICATE))
        $how = @(
            "sign", "/q", "/fd", "SHA256", "/td", "SHA256",
            "/tr", "http://timestamp.digicert.com",
            "/f", "$certificate", "/p", $env:TWOTIME_SIGN_PASSWORD
        )
        # Smart App Control looks at every library; a few at a time, since the length of
        # a command is limited.
        $files = @(Get-ChildItem dist\twotime -Recurse -Include *.exe, *.dll, *.pyd)
        for ($i = 0; $i -lt $files.Count; $i += 50) {
            $last = [Math]::Min($i + 49, $files.Count - 1)
            Invoke-Checked $signtool ($how + $files[$i..$last].FullName)
        }
        # $q is a quotation mark and $f the file, for Inno Setup.
        $quoted = ($how | ForEach-Object { if ($_ -match "\s") { "`$q$_`$q" } else { $_ } })
        $arguments += "/DSign=twotime"
        $arguments += "/Stwotime=`$q$signtool`$q $($quoted -join ' ') `$f"
    } else {
        Write-Host "TWOTIME_SIGN_CERTIFICATE or TWOTIME_SIGN_PASSWORD is not set: nothing is signed."
    }
    Invoke-Checked $compiler ($arguments + "packaging\windows\twotime.iss")
} finally {
    if ($certificate) { Remove-Item $certificate }
}
$installer = Get-Item "dist\twotime-$version-windows-x86_64.exe"
Write-Host ("{0}: {1:N1} MB" -f $installer.Name, ($installer.Length / 1MB))
